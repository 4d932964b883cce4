// A closed loop: so many calls, one after the other on each of so many connections.

/** @returns milliseconds that each took, in the order in which they ended. @throws what `one` throws first */
export async function overConnections(
  connections: number,
  count: number,
  one: (n: number) => Promise<void>,
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const n = next++;
      const began = performance.now();
      await one(n);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  return times;
}
