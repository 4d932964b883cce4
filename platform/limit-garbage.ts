// Keeps a service from holding much more memory than it needs. Left to itself V8 lets garbage grow to four times of what lives before it
// collects all of it. It may grow by a part of what lives; where little does, by a fixed amount, or a worker that hardly holds anything
// would collect twice a second. Each service's life begins with it.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const leastPercent = 40;
const mostPercent = 200;
const everyMs = 5_000;

/** By how many percent the heap may grow between two collections of all of it, where `live` bytes live; by `leastBytes` in any case. */
export const growthPercent = (live: number, leastBytes: number): number =>
  Math.round(Math.min(mostPercent, Math.max(leastPercent, (100 * leastBytes) / live)));

/** @param leastBytes what may always be garbage */
export function limitGarbage(leastBytes: number): void {
  let percent = 0;
  /** Least seen lately: right behind a collection it is what lives. */
  let live = Number.POSITIVE_INFINITY;

  function set() {
    live = Math.min(live * 1.1, getHeapStatistics().used_heap_size);
    const wanted = growthPercent(live, leastBytes);
    if (wanted === percent) return;
    percent = wanted;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  }
  set();
  setInterval(set, everyMs).unref();
}
