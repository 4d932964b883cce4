// How far a subscription is behind the log, of the partitions that its process has. Pure.

/** `next`: everything before it is done. `end`: the next record will stand there. */
export type Lag = { total: number; partitions: { partition: number; next: number; end: number; lag: number }[] };

/** @param done by partition. @param ends in the order of partitions */
export function lagOf(done: ReadonlyMap<number, number>, ends: readonly number[]): Lag {
  const partitions = [...done].map(([partition, next]) => {
    const end = ends[partition] ?? next;
    return { partition, next, end, lag: Math.max(0, end - next) };
  });
  return { total: partitions.reduce((sum, { lag }) => sum + lag, 0), partitions };
}
