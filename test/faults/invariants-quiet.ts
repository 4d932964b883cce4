// When is a run quiet? When every acknowledged job has its outcome, the workers have committed all there is, and the read
// model has reached the end of the log. Each is waited for with a deadline; what is still open then is said, not thrown.
import { setTimeout as delay } from 'node:timers/promises';
import { type ReadModel, readCheckpoints } from '../../platform/read-model.ts';
import type { Deleted, History } from './invariants-history.ts';
import { acknowledgedWithoutOutcome } from './invariants-outcomes.ts';
import type { Journal } from './journal.ts';
import type { LogReader } from './reader.ts';

/** `left`: what was still open when it gave up; empty when it is quiet. `ms`: how long it waited. */
export type Quiet<Left> = { left: Left[]; ms: number };

/** Looks until nothing is left. Where looking fails it looks again, and at the deadline throws why. */
export async function untilNothingIsLeft<Left>(look: () => Promise<Left[]>, ms: number): Promise<Quiet<Left>> {
  const began = performance.now();
  for (;;) {
    const found = await look().then(
      (left) => ({ left }),
      (error: unknown) => ({ error }),
    );
    const took = performance.now() - began;
    if ('left' in found && (found.left.length === 0 || took > ms)) return { left: found.left, ms: took };
    if ('error' in found && took > ms)
      throw new Error(`it could not be checked within ${ms} ms`, { cause: found.error });
    await delay(250);
  }
}

/** Names of acknowledged jobs without an outcome. The harness calls it too, to measure how long a recovery takes. */
export const untilQuiet = (
  reader: LogReader,
  { jobs }: Pick<Journal, 'jobs'>,
  deleted: Deleted,
  ms = 60_000,
): Promise<Quiet<string>> =>
  untilNothingIsLeft(async () => acknowledgedWithoutOutcome({ jobs, deleted, log: await reader.readOn() }), ms);

/** Partitions of commands of which the workers have not committed the end. */
export async function lags(reader: LogReader, group: string): Promise<History['lags'][number][]> {
  const { next } = await reader.readOn();
  const all: History['lags'][number][] = [];
  for (const topic of reader.commandTopics)
    for (const [partition, end] of (next.get(topic) ?? []).entries())
      all.push({ topic, partition, end, committed: (await reader.committed(group, topic, partition)) ?? 0 });
  return all;
}

/** Partitions, as `topic/partition`, in which the read model is behind the end of the log. */
export async function behind(reader: LogReader, model: ReadModel): Promise<string[]> {
  const { next } = await reader.readOn();
  const reached = await readCheckpoints(model, reader.topics);
  return [...next].flatMap(([topic, ends]) =>
    ends.flatMap((end, partition) => ((reached.get(topic)?.[partition] ?? 0) < end ? [`${topic}/${partition}`] : [])),
  );
}
