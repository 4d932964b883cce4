// So many requests of one caller in so long: a bucket for each, in this process alone, told in the RateLimit fields of every answer
// (draft-ietf-httpapi-ratelimit-headers-11). Buckets are a time each (GCRA): no timer fills them, and a full one is forgotten.
import type { Rate } from '../schemas/rate.ts';

/** Whole seconds: `fullIn` until all of it can be spent again, `nextIn` until one more can. */
export type Share = { allowed: boolean; remaining: number; fullIn: number; nextIn: number };

/** So many callers are kept before those are looked for that need not be. */
const sweepAt = 10_000;

export function createRateLimit() {
  /** When the bucket of a caller is full again, milliseconds. */
  const fullAt = new Map<string, number>();
  let next = sweepAt;

  function sweep(now: number): void {
    for (const [id, at] of fullAt) if (at <= now) fullAt.delete(id);
    next = Math.max(sweepAt, 2 * fullAt.size);
  }

  return {
    /** Takes one, if there is one. @param now milliseconds, never less than before */
    take(id: string, { count, window }: Rate, now: number): Share {
      const each = (window * 1_000) / count;
      const before = Math.max(fullAt.get(id) ?? now, now);
      const after = before + each;
      // What is taken may not reach further than the whole of it; a thousandth, because numbers are not exact.
      const allowed = after - now <= window * 1_000 + each / 1_000;
      const spent = (allowed ? after : before) - now;
      if (allowed) {
        fullAt.set(id, after);
        if (fullAt.size > next) sweep(now);
      }
      const remaining = Math.max(0, Math.floor(count - spent / each + 0.001));
      const wait = remaining > 0 ? 0 : spent + each - window * 1_000;
      return { allowed, remaining, fullIn: Math.ceil(spent / 1_000), nextIn: Math.max(1, Math.ceil(wait / 1_000)) };
    },
    /** How many callers are kept. */
    size: () => fullAt.size,
  };
}
