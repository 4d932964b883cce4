/**
 * How long to wait before the next restart: 250 ms, doubling to 10 s, from the beginning again after 30 s of life.
 * Pure apart from its own count; one for each supervised process.
 */
export type Backoff = { readonly next: (aliveMs: number) => number };

export function createBackoff(first = 250, longest = 10_000, resetAfter = 30_000): Backoff {
  let delay = first;
  return {
    next: (aliveMs) => {
      if (aliveMs >= resetAfter) delay = first;
      const now = delay;
      delay = Math.min(delay * 2, longest);
      return now;
    },
  };
}
