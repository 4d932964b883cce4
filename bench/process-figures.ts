// What a process holds and what it has had, from Linux's /proc.
import { readFile } from 'node:fs/promises';

/** Bytes of memory; 0 where it has ended. */
export async function rssOf(pid: number): Promise<number> {
  const status = await readProc(pid, 'status');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}

/** Milliseconds of processor time, all threads; 0 where it has ended. Linux counts in hundredths of a second. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readProc(pid, 'stat');
  // Behind the name of the program, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
}

/** '': it has ended, and maybe nobody has heard of it yet. */
async function readProc(pid: number, file: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'ENOENT')) return '';
    throw error;
  }
}
