import { setTimeout as wait } from 'node:timers/promises';
import { startOf } from '../../embedded/process-identity.ts';

/** Waits until something is there, for tests of other processes; fails loudly after the deadline. */
export async function until<Found>(what: string, look: () => Promise<Found | undefined>, ms = 60_000): Promise<Found> {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await wait(25);
  }
}

export const untilGone = (pid: number, ms?: number) =>
  until(`end of process ${pid}`, async () => ((await startOf(pid)) === undefined ? true : undefined), ms);

/** @throws Error when it is not settled after `ms` milliseconds */
export async function soon<T>(what: string, promise: Promise<T>, ms = 60_000): Promise<T> {
  const over = new AbortController();
  const late = wait(ms, undefined, { signal: over.signal }).then(
    () => Promise.reject(new Error(`${what}: not within ${ms} ms`)),
    // Aborted: the promise was sooner.
    () => promise,
  );
  return Promise.race([promise, late]).finally(() => over.abort());
}
