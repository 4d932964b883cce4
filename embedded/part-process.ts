import { setTimeout as wait } from 'node:timers/promises';
import { type Ended, type GuardedChild, startGuarded } from './guarded-child.ts';
import { lastLines, sizeOf } from './log-tail.ts';
import type { Part } from './part.ts';
import { problem } from './problem.ts';

/**
 * One part's process: started means that it answers, stopped means that it is gone. A part that ends while
 * nobody asked it to is reported once through `onExit`. Called by start-stack.ts.
 */
export type PartProcess = {
  readonly part: Part;
  readonly pid: () => number | undefined;
  readonly start: (signal?: AbortSignal) => Promise<void>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
  /** SIGKILL, without waiting. */
  readonly kill: () => void;
};

export type PartProcessOptions = {
  readonly part: Part;
  readonly logFile: string;
  readonly onStarted: (pid: number) => Promise<void>;
  readonly onExit: (ended: Ended) => void;
  /** How long `stop` waits before SIGKILL; 20 s unless told. */
  readonly stopDeadlineMs?: number;
};

const startDeadlineMs = 90_000;

export function createPartProcess(options: PartProcessOptions): PartProcess {
  const { part, logFile, onStarted, onExit, stopDeadlineMs = 20_000 } = options;
  let child: GuardedChild | undefined;
  let expected = false;

  const start = async (signal?: AbortSignal) => {
    if (child !== undefined) return;
    expected = true;
    await part.prepare();
    signal?.throwIfAborted();
    const logStart = await sizeOf(logFile);
    const started = await startGuarded(part.command, logFile);
    child = started;
    let ended: Ended | undefined;
    started.ended.then((how) => {
      ended = how;
      child = undefined;
      if (!expected) onExit(how);
    }, onSpawnError);
    try {
      await onStarted(started.pid);
      const deadline = performance.now() + startDeadlineMs;
      while (!(await part.answers().catch(() => false))) {
        signal?.throwIfAborted();
        if (ended !== undefined) throw await died(`ended at start (${endedAs(ended)})`, logStart);
        if (performance.now() > deadline)
          throw await died(`does not answer after ${startDeadlineMs / 1000} s`, logStart);
        await wait(40);
      }
    } catch (error) {
      started.signal('SIGKILL');
      await started.ended;
      throw error;
    }
    expected = false;
    if (ended !== undefined) onExit(ended);
  };

  const died = async (what: string, logStart: number) => {
    const lines = await lastLines(logFile, 12, logStart);
    return problem(`${part.name} ${what}. The end of ${logFile}:\n${lines.map((line) => `    ${line}`).join('\n')}`);
  };

  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const stopping = child;
    if (stopping === undefined) return;
    expected = true;
    stopping.signal(signal);
    const late = setTimeout(() => stopping.signal('SIGKILL'), stopDeadlineMs);
    await stopping.ended;
    clearTimeout(late);
  };

  const kill = () => {
    expected = true;
    child?.signal('SIGKILL');
  };

  return { part, pid: () => child?.pid, start, stop, kill };
}

/** Only a shell that cannot be started ends here, and `startGuarded` has thrown for it already. */
function onSpawnError(error: unknown): void {
  process.emitWarning(`A part could not be started: ${String(error)}`);
}

export const endedAs = ({ code, signal }: Ended): string => (signal === null ? `exit code ${code}` : signal);
