import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { endedAs } from '../embedded/part-process.ts';
import { problem } from '../embedded/problem.ts';
import { createBackoff } from './start-backoff.ts';
import { lastWords, openServiceLog, type Say } from './start-log.ts';

/**
 * One service process that is kept running: started again, loudly and with backoff, whenever it ends unasked. A
 * service says `{ type: 'ready', url? }` over IPC when it serves, and ends by itself when that channel closes.
 * Called by start-services.ts.
 */
export type Role = 'api' | 'worker' | 'projector';

export type ServiceSpec = {
  /** Names its log file and its lines. */
  readonly name: string;
  readonly role: Role;
  readonly command: string;
  readonly args: readonly string[];
};

export type ServiceOptions = {
  readonly spec: ServiceSpec;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly say: Say;
  readonly colorize: boolean;
  /** Its pid or its URL changed. */
  readonly onChange: () => void;
};

export type Service = {
  readonly spec: ServiceSpec;
  readonly pid: () => number | undefined;
  /** Where it serves, once it has said so. */
  readonly url: () => string | undefined;
  /** Resolves when it serves for the first time; rejects when its configuration is refused (exit code 78). */
  readonly ready: Promise<void>;
  /** SIGTERM, and SIGKILL after the deadline. Resolves when it is gone. */
  readonly stop: () => Promise<void>;
  readonly kill: () => void;
};

/** EX_CONFIG of sysexits.h: starting again would not help. */
export const configurationExit = 78;

const drainDeadlineMs = 40_000;

export function startService({ spec, env, logFile, say, colorize, onChange }: ServiceOptions): Service {
  const log = openServiceLog(logFile, say, colorize);
  const backoff = createBackoff();
  const ready = Promise.withResolvers<void>();
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();
  let url: string | undefined;
  let served = false;
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;

  const run = () => {
    const began = performance.now();
    const started = spawn(spec.command, spec.args, {
      env,
      // A session of its own: the terminal's Ctrl-C is ours to pass on, in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    const ended = Promise.withResolvers<void>();
    gone = ended.promise;
    takeLines(started.stdout, started.stderr);
    started.on('message', (message) => takeMessage(message, started));
    started.once('error', (error) => say(`${spec.name}: ${error.message}`));
    // `close` comes after the last line of output, and also when nothing could be started.
    started.once('close', (code, signal) => {
      child = undefined;
      ended.resolve();
      if (!stopping) void afterDeath(code, signal, performance.now() - began);
    });
    onChange();
  };

  const takeLines = (stdout: Readable | null, stderr: Readable | null) => {
    if (stdout !== null && stderr !== null) log.take(spec.name, stdout, stderr);
  };

  const takeMessage = (message: unknown, from: ChildProcess) => {
    if (from !== child || !isReady(message)) return;
    url = message.url ?? url;
    if (served) say(`${spec.name} is back (process ${from.pid})`);
    served = true;
    ready.resolve();
    onChange();
  };

  const afterDeath = async (code: number | null, signal: NodeJS.Signals | null, aliveMs: number) => {
    const words = await lastWords(logFile);
    if (stopping) return;
    if (code === configurationExit && !served) {
      ready.reject(problem(`${spec.name} refuses to start: ${words}\n  More in ${logFile}`));
      return;
    }
    const delay = backoff.next(aliveMs);
    say(`${spec.name} died (${endedAs({ code, signal })}), last words: ${words || 'none'}. Restarting in ${delay} ms`);
    restart = setTimeout(run, delay);
  };

  const stop = async () => {
    stopping = true;
    clearTimeout(restart);
    child?.kill('SIGTERM');
    const late = setTimeout(() => {
      say(`${spec.name} has not drained in ${drainDeadlineMs / 1000} s: killed`);
      child?.kill('SIGKILL');
    }, drainDeadlineMs);
    await gone;
    clearTimeout(late);
    await log.close();
  };

  const kill = () => {
    stopping = true;
    clearTimeout(restart);
    child?.kill('SIGKILL');
  };

  // Whoever stops before it is ready does not wait for it any more.
  ready.promise.catch(() => undefined);
  run();
  return { spec, pid: () => child?.pid, url: () => url, ready: ready.promise, stop, kill };
}

type ReadyMessage = { readonly type: 'ready'; readonly url?: string };

export function isReady(message: unknown): message is ReadyMessage {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  return (
    message.type === 'ready' && (!('url' in message) || message.url === undefined || typeof message.url === 'string')
  );
}
