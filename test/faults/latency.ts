// Percentiles of times that a scenario has measured. Pure.

/** The smallest value that at least this share (0 to 1) of all does not exceed. @throws RangeError for an empty list */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('nothing was measured');
  return value;
}

/** One time after the other, in milliseconds. */
export type Turn = { without: number; among: number };

/**
 * Is it slower among than without: more than twice, and by more than `noiseMs`? The middle one of the turns decides: one slow
 * moment of the machine falls into one of them, what is always slower shows in each.
 */
export function slowdown(turns: readonly Turn[], noiseMs: number): { ratio: number; slower: boolean } {
  const middle = (of: (turn: Turn) => number) => percentile(turns.map(of), 0.5);
  const ratio = middle(({ without, among }) => among / Math.max(1, without));
  return { ratio, slower: ratio > 2 && middle(({ without, among }) => among - without) >= noiseMs };
}
