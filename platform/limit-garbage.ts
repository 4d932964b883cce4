// Keeps a service from holding much more memory than it needs. Left to itself V8 lets garbage grow to four times of what lives before it
// collects all of it. The part that it may grow by is small where much lives; where little does, it is a fixed amount, or a service
// that hardly holds anything would collect twice a second. Each service's life begins with it.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const least = { percent: 40, bytes: 32 * 2 ** 20 };
const mostPercent = 200;
const everyMs = 5_000;

/** By how many percent the heap may grow between two collections of all of it, where `live` bytes live. */
export const growthPercent = (live: number): number =>
  Math.round(Math.min(mostPercent, Math.max(least.percent, (100 * least.bytes) / live)));

export function limitGarbage(): void {
  let percent = 0;
  /** Least seen lately: right behind a collection it is what lives. */
  let live = Number.POSITIVE_INFINITY;

  function set() {
    live = Math.min(live * 1.1, getHeapStatistics().used_heap_size);
    const wanted = growthPercent(live);
    if (wanted === percent) return;
    percent = wanted;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  }
  set();
  setInterval(set, everyMs).unref();
}
