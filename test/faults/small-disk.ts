// A disk of a few megabytes (tmpfs) for the log of a broker of its own, which a scenario can fill to the last byte. It is
// unmounted when the run ends, also by a signal; what a killed run has left is unmounted by the next one.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type SmallDisk = {
  readonly folder: string;
  /** Leaves about so many bytes free. */
  fill(left: number): void;
  /** What `fill` took is free again. */
  free(): void;
  remove(): void;
};

const deviceOf = (pid: number | string) => `putlog-faults-${pid}`;

/** @throws Error with one sentence where this user may not mount anything */
export function mountSmallDisk(bytes: number): SmallDisk {
  unmountLeftovers();
  const folder = mkdtempSync(join(tmpdir(), 'putlog-disk-'));
  const ballast = join(folder, 'ballast');
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${bytes}`, deviceOf(process.pid), folder];
    execFileSync('/bin/mount', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    rmdirSync(folder);
    throw new Error('a small disk (tmpfs) can be mounted by root only: run this fault as root', { cause: error });
  }
  const remove = () => {
    for (const [signal, end] of ends) process.off(signal, end);
    // Lazily: a broker that is on its way out may hold a file.
    execFileSync('/bin/umount', ['-l', folder]);
    rmdirSync(folder);
  };
  const ends = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const end = () => {
      remove();
      process.kill(process.pid, signal);
    };
    process.once(signal, end);
    return [signal, end] as const;
  });

  return {
    folder,
    fill(left) {
      const { bavail, bsize } = statfsSync(folder);
      const chunk = Buffer.alloc(64 * 1_024, 1);
      const file = openSync(ballast, 'a');
      try {
        for (let room = bavail * bsize - left; room > 0; room -= chunk.length)
          writeSync(file, chunk, 0, Math.min(room, chunk.length));
      } catch (error) {
        // The broker was quicker: the disk is full all the same.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove,
  };
}

/** Their run was killed with -9. */
function unmountLeftovers(): void {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [device = '', folder = ''] = line.split(' ');
    const pid = device.startsWith(deviceOf('')) ? Number(device.slice(deviceOf('').length)) : 0;
    if (pid === 0 || isAlive(pid)) continue;
    execFileSync('/bin/umount', ['-l', folder]);
    rmdirSync(folder);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
