// How fast something goes, for a line of progress. Pure but for the monotonic clock.

/** Given how much there is in all: how much it grew in a second, over the last ones. */
export function createSpeed(windowMs = 5_000) {
  const seen: { at: number; count: number }[] = [];
  return (count: number): number => {
    const at = performance.now();
    seen.push({ at, count });
    while (seen.length > 2 && (seen[0]?.at ?? at) < at - windowMs) seen.shift();
    const [first = { at, count }] = seen;
    return at === first.at ? 0 : Math.round(((count - first.count) * 1_000) / (at - first.at));
  };
}
