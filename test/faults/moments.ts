// What scenarios wait for, each with a deadline: a line in a log, a call that has begun, so many acknowledged PUTs more.
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../stack/deadline.ts';
import { readExecutions } from './executions.ts';
import type { FaultSystem } from './fault-system.ts';
import type { Load } from './load.ts';
import type { ProcessHandle } from './process-handle.ts';

/** Resolves to the line. `from`: how many characters of the log are old. @throws Error after `ms` milliseconds */
export function logged(handle: ProcessHandle, pattern: RegExp, from = 0, ms = 60_000): Promise<string> {
  return until(
    `${pattern} in the log of ${handle.name}`,
    async () =>
      handle
        .logs()
        .slice(from)
        .split('\n')
        .find((line) => pattern.test(line)),
    ms,
  );
}

/** What a worker says that has lost its partitions to another, or finds that it was stopped for too long. */
export const fencedOut = /fenced out of a partition|did not run for longer than its session/;

/** What a worker says that hears nothing of its group, and writes nothing until it does. */
export const groupSilent = /the group has not answered for longer than a session/;

/** Resolves when a call of this job has begun in this process. */
export const begun = (system: FaultSystem, job: (name: string) => boolean, pid: number, ms = 60_000): Promise<string> =>
  until(
    `a call in process ${pid}`,
    async () =>
      (await readExecutions(system.executionsFile)).find(
        (one) => one.what === 'begin' && one.pid === pid && job(one.job),
      )?.job,
    ms,
  );

/** So many PUTs are acknowledged from now on. */
export const more = (load: Load, count: number, ms?: number): Promise<void> =>
  load.acknowledged(load.journal.counts.acked + count, ms);

/** A fault that lasts: load goes on meanwhile. Milliseconds. */
export const lasting = (ms: number): Promise<void> => wait(ms);

/** The clients of all workers but these. */
export const workersBut = (...known: readonly ProcessHandle[]): RegExp =>
  new RegExp(`^putlog-worker-(?!(${known.map(({ pid }) => pid).join('|') || '-'})$)`);

export const onlyClient = ({ clientId }: ProcessHandle): RegExp => new RegExp(`^${clientId}$`);
