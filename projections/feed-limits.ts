// How far a version may be fed: never beyond the one that is read, so that it is never ahead of it, or to the end of the log. Whoever
// builds a version asks anew for each round.
import { type ReadModel, readCheckpoints } from '../platform/read-model.ts';
import type { Limits } from './feeder.ts';
import type { HistoryLog } from './history-log.ts';

/** As far as `model` is, and no farther than the log. @throws what MongoDB or Kafka says */
export async function limitsOf(model: ReadModel, { cluster, topics }: HistoryLog): Promise<Limits> {
  // The checkpoints first: the log does not end before them.
  const reached = await readCheckpoints(model, topics);
  const ends = await cluster.offsets(topics, 'latest');
  return new Map(
    [...ends].map(([topic, partitions]) => [
      topic,
      partitions.map((end, partition) => Math.min(end, reached.get(topic)?.[partition] ?? 0)),
    ]),
  );
}

/** All that is in the log now. @throws what Kafka says */
export const endsOf = ({ cluster, topics }: HistoryLog): Promise<Limits> => cluster.offsets(topics, 'latest');

/** Has `model` got all that is before these? @throws what MongoDB says */
export async function hasReached(model: ReadModel, limits: Limits): Promise<boolean> {
  const reached = await readCheckpoints(model, [...limits.keys()]);
  return [...limits].every(([topic, partitions]) =>
    partitions.every((offset, partition) => (reached.get(topic)?.[partition] ?? 0) >= offset),
  );
}

/** Records between two of them. */
export const countBetween = (from: Limits, to: Limits): number =>
  [...to].reduce(
    (sum, [topic, ends]) =>
      sum + ends.reduce((of, end, partition) => of + Math.max(0, end - (from.get(topic)?.[partition] ?? 0)), 0),
    0,
  );
