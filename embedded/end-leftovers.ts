import { setTimeout as wait } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

/**
 * Waits for the processes of an earlier run that was killed: their guards are ending them, and until they are gone
 * they hold the data. Those that stay are killed. Called by start-stack.ts, which holds the directory's lock.
 */
export async function endLeftovers(left: readonly ProcessIdentity[], note: (text: string) => void): Promise<void> {
  const alive = await stillAlive(left);
  if (alive.length === 0) return;
  note(`Waiting for processes of an earlier run to end: ${alive.map(({ pid }) => pid).join(', ')}`);
  for (const { pid } of alive) send(pid, 'SIGTERM');
  const deadline = performance.now() + 12_000;
  while ((await stillAlive(alive)).length > 0) {
    if (performance.now() > deadline) for (const { pid } of await stillAlive(alive)) send(pid, 'SIGKILL');
    await wait(100);
  }
}

async function stillAlive(left: readonly ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const checked = await Promise.all(left.map(async (process) => ((await isAlive(process)) ? [process] : [])));
  return checked.flat();
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone between the look and the signal, which is what was wanted; stillAlive decides.
    return;
  }
}
