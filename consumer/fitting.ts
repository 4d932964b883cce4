// How much of what waits goes into one round trip. Pure.

/** How many of the first ones have at most so many bytes together; one at least. */
export function fitting<T>(first: readonly T[], bytesOf: (one: T) => number, most: number): number {
  let bytes = 0;
  const over = first.findIndex((one) => {
    bytes += bytesOf(one);
    return bytes > most;
  });
  return over === -1 ? first.length : Math.max(1, over);
}
