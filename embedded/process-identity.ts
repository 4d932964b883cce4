import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Tells a process from a later one with the same pid: by the moment it started. Used wherever a pid was written
 * into a file (the lock of a data directory, the parts of a killed run) and is read back.
 */
export type ProcessIdentity = { readonly pid: number; readonly started: string };

const run = promisify(execFile);

/** When the process with this pid started (an opaque text), or undefined when there is none or only its zombie. */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const asked = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    return asked.stdout.trim() || undefined;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined ? undefined : startInStat(stat);
}

/** Field 22 of /proc/<pid>/stat (proc(5)); the command, field 2, is in parentheses and may hold anything. */
export function startInStat(stat: string): string | undefined {
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = await startOf(pid);
  return started === undefined ? undefined : { pid, started };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startOf(identity.pid)) === identity.started;
}
