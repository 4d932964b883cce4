// One service of Putlog as a process of its own, started as an operator starts it: `node cli/putlog.js <role>`. Its
// output goes to a file. The system of a test file starts them and sees to it that none is left.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFlags } from '../../cli/node-flags.ts';
import { isReady, type Role } from '../../cli/start-service.ts';

export type Ended = { code: number | null; signal: NodeJS.Signals | null };

export type ServiceProcess = {
  readonly role: Role;
  readonly pid: number;
  /** Resolves to where it answers HTTP ('' where it does not). @throws Error with the end of its output when it ends before */
  readonly ready: Promise<string>;
  readonly ended: Promise<Ended>;
  readonly hasEnded: () => boolean;
  /** Resolves once it is gone. */
  readonly end: (signal: NodeJS.Signals) => Promise<Ended>;
  /** What it has written so far, stdout and stderr. */
  readonly output: () => Promise<string>;
};

const program = join(import.meta.dirname, '../../cli/putlog.js');

export function startProcess(role: Role, env: NodeJS.ProcessEnv, logFile: string): ServiceProcess {
  const file = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...nodeFlags, program, role], { env, stdio: ['ignore', file, file, 'ipc'] });
  closeSync(file);
  const ended = endOf(child);
  const output = () => readFile(logFile, 'utf8');
  const ready = Promise.race([
    readyOf(child),
    ended.then(async ({ code, signal }) => {
      throw new Error(`${role} ended (${signal ?? code}) before it was ready:\n${lastLines(await output(), 20)}`);
    }),
  ]);
  // A test may expect that it never gets ready.
  ready.catch(() => undefined);
  return {
    role,
    pid: child.pid ?? 0,
    ready,
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
    output,
  };
}

export const lastLines = (text: string, count: number): string => text.trimEnd().split('\n').slice(-count).join('\n');

const endOf = (child: ChildProcess) =>
  new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });

const readyOf = (child: ChildProcess) =>
  new Promise<string>((resolve) => {
    child.on('message', (message) => isReady(message) && resolve(message.url ?? ''));
  });
