import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { tryLock } from './lock.ts';
import { codeOf } from './problem.ts';

/**
 * Directories that are either whole or not there: filled beside under a lock, listed with their sizes, renamed
 * into place. Used by the three fetchers, also of several processes at once.
 */
export type CacheEntry = {
  readonly cacheDir: string;
  /** With the version in it, so that another version is another directory. */
  readonly name: string;
  readonly fill: (directory: string) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
};

export type Cached = {
  readonly directory: string /** Undefined when it was there already. */;
  readonly filledMb?: number;
};

export async function cached({ cacheDir, name, fill, signal }: CacheEntry): Promise<Cached> {
  const directory = join(cacheDir, name);
  if (await isWhole(directory)) return { directory };
  await mkdir(cacheDir, { recursive: true });
  for (;;) {
    const attempt = await tryLock(join(cacheDir, `.${name}.lock`));
    if ('lock' in attempt) {
      try {
        if (await isWhole(directory)) return { directory };
        return { directory, filledMb: await fillBeside(cacheDir, name, fill) };
      } finally {
        await attempt.lock.release();
      }
    }
    // Somebody else is fetching it.
    await wait(300, undefined, { signal });
    if (await isWhole(directory)) return { directory };
  }
}

async function fillBeside(cacheDir: string, name: string, fill: CacheEntry['fill']): Promise<number> {
  // Under the lock all of these are leftovers of processes that were killed.
  for (const left of await readdir(cacheDir)) {
    if (left.startsWith(`.${name}.filling.`)) await rm(join(cacheDir, left), { recursive: true, force: true });
  }
  const beside = join(cacheDir, `.${name}.filling.${process.pid}`);
  try {
    await mkdir(beside);
    await fill(beside);
    const sizes = await sizesIn(beside);
    await writeFile(join(beside, listName), JSON.stringify(sizes));
    // What is there is damaged: isWhole has said so.
    await rm(join(cacheDir, name), { recursive: true, force: true });
    await rename(beside, join(cacheDir, name));
    return megabytes(sizes);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

const listName = 'files.json';

/** Whether every file is there with the size it had when it was fetched. */
export async function isWhole(directory: string): Promise<boolean> {
  try {
    const sizes: unknown = JSON.parse(await readFile(join(directory, listName), 'utf8'));
    if (typeof sizes !== 'object' || sizes === null) return false;
    const matches = Object.entries(sizes).map(
      async ([file, size]) => (await stat(join(directory, file))).size === size,
    );
    return !(await Promise.all(matches)).includes(false);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return false;
    throw error;
  }
}

async function sizesIn(directory: string): Promise<Record<string, number>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = files.map(async (file) => [relative(directory, file), (await stat(file)).size] as const);
  return Object.fromEntries(await Promise.all(sizes));
}

const megabytes = (sizes: Readonly<Record<string, number>>) =>
  Math.round(Object.values(sizes).reduce((sum, size) => sum + size, 0) / 1e6);

/** How much a directory that is being filled holds by now. */
export async function megabytesIn(directory: string): Promise<number> {
  // Files come and go while it is filled.
  return megabytes(await sizesIn(directory).catch(() => ({})));
}
