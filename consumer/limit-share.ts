// This worker's part of a limit that holds for the whole system, by the partitions of the queue that it owns: the parts of all workers
// together are the limit, and nobody has to ask anybody. Pure.

/** Of `limit` that run at once; 0 where there are fewer than partitions and none of them falls on `owned`. */
export function sharedConcurrency(limit: number, owned: readonly number[], partitions: number): number {
  const before = (partition: number) => Math.floor((partition * limit) / partitions);
  return owned.reduce((sum, partition) => sum + before(partition + 1) - before(partition), 0);
}

/** Of `perSecond`. */
export const sharedRate = (perSecond: number, owned: readonly number[], partitions: number): number =>
  (perSecond * owned.length) / partitions;

/** What may begin at once after a time in which nothing did: a tenth of a second's worth. */
const burstSeconds = 0.1;

/** A rate as tokens: `take` one for each that begins. Times in milliseconds on the monotonic clock. */
export function createTokens(now: number) {
  let tokens = 1;
  let filledAt = now;
  return {
    /** One at least, at `perSecond`? */
    has(perSecond: number, at: number): boolean {
      const most = Math.max(1, perSecond * burstSeconds);
      tokens = Math.min(most, tokens + ((at - filledAt) / 1_000) * perSecond);
      filledAt = at;
      return tokens >= 1;
    },
    take: () => void tokens--,
  };
}
