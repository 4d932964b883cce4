import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Command } from './part.ts';

/**
 * Starts a program that ends with us, whatever ends us (also kill -9), and that the terminal's Ctrl-C does not
 * reach. The pid is the program's own. Used by part-process.ts for java and mongod.
 *
 * A shell starts a watcher and then becomes the program (exec keeps the pid). The watcher reads a pipe that only
 * we hold: a line means that the program has ended and all is well, end of file that we are gone.
 */
const watchThenBecome = `
( trap '' INT HUP TERM
  if read -r _ <&3; then exit 0; fi
  kill -TERM $$
  tries=0
  while kill -0 $$ 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -gt 40 ] && kill -KILL $$
    sleep 0.25
  done
) >/dev/null 2>&1 &
exec 3<&-
exec "$@"`;

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type GuardedChild = {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly signal: (signal: NodeJS.Signals) => void;
};

export async function startGuarded(command: Command, logFile: string): Promise<GuardedChild> {
  const log = await open(logFile, 'a');
  try {
    const child = spawn('/bin/sh', ['-c', watchThenBecome, 'sh', command.file, ...command.args], {
      cwd: command.cwd,
      env: { ...process.env, ...command.env },
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'pipe'],
    });
    const ended = whenEnded(child);
    if (child.pid === undefined) {
      await ended;
      throw new Error(`${command.file} did not start`);
    }
    return { pid: child.pid, ended, signal: (signal) => void child.kill(signal) };
  } finally {
    await log.close();
  }
}

function whenEnded(child: ChildProcess): Promise<Ended> {
  const pipe = child.stdio[3];
  const tellWatcher = () => {
    if (pipe != null && 'write' in pipe) pipe.end('ended\n', () => pipe.destroy());
  };
  // The watcher may be gone before our line is read, which leaves nothing to tell it.
  pipe?.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      tellWatcher();
      resolve({ code, signal });
    });
  });
}
