import { access, link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './problem.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

/**
 * One holder at a time for a data directory or a download: a file with the holder's pid and start time. The lock
 * of a process that is gone counts as free, also when its pid belongs to another process by now.
 */
export type Lock = { readonly release: () => Promise<void> };

export type LockAttempt = { readonly lock: Lock } | { readonly heldBy: ProcessIdentity };

let attempts = 0;

/** Tries once; never waits for another holder. */
export async function tryLock(path: string): Promise<LockAttempt> {
  const me = await identify(process.pid);
  if (me === undefined) throw new Error('this process has no start time');
  attempts += 1;
  const mine = `${path}.${process.pid}.${attempts}`;
  // Written beside and linked into place: whoever sees the lock sees all of its content.
  await writeFile(mine, JSON.stringify(me));
  try {
    for (;;) {
      if (await linked(mine, path)) return { lock: { release: () => rm(path, { force: true }) } };
      const holder = await holderOf(path);
      if (holder !== undefined && (await isAlive(holder))) return { heldBy: holder };
      if (await replaceStale(path, mine, holder)) return { lock: { release: () => rm(path, { force: true }) } };
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Who wrote this lock; undefined when it is gone or unreadable. */
export async function holderOf(path: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  return parseHolder(text);
}

export function parseHolder(text: string): ProcessIdentity | undefined {
  const match = /^\{"pid":(\d+),"started":"([^"]*)"\}$/.exec(text);
  return match?.[1] !== undefined && match[2] !== undefined ? { pid: Number(match[1]), started: match[2] } : undefined;
}

const nameOf = (holder: ProcessIdentity | undefined) =>
  holder === undefined ? 'unreadable' : `${holder.pid}-${encodeURIComponent(holder.started)}`;

/**
 * Several may find the same stale lock. Only who holds the lock on its succession may put its own in its place, and looks
 * again before: so a lock that has found a new holder meanwhile is never touched. False: look anew.
 */
async function replaceStale(path: string, mine: string, stale: ProcessIdentity | undefined): Promise<boolean> {
  const succession = await tryLock(`${path}.after-${nameOf(stale)}`);
  if (!('lock' in succession)) {
    await delay(5);
    return false;
  }
  try {
    if (!(await exists(path)) || nameOf(await holderOf(path)) !== nameOf(stale)) return false;
    await rename(mine, path);
    return true;
  } finally {
    await succession.lock.release();
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
