// Order inside a partition: calls with one ordering key one after the other, in the order of the log; other keys beside
// them, in turns of their tenants. A key is busy from the moment its call may start until that call's outcome is in the log. No I/O.
import { createFairQueue, type Tenanted } from './fair-queue.ts';

export function createKeyOrder<T extends Tenanted & { key: string }>() {
  /** Keys that are busy, each with what waits behind it (undefined: nothing). */
  const busy = new Map<string, T[] | undefined>();
  const ready = createFairQueue<T>();
  return {
    get ready() {
      return ready.length;
    },
    /** See the fair queue. */
    get demand() {
      return ready.demand;
    },
    push(item: T) {
      if (!busy.has(item.key)) {
        busy.set(item.key, undefined);
        ready.push(item);
        return;
      }
      const behind = busy.get(item.key);
      if (behind === undefined) busy.set(item.key, [item]);
      else behind.push(item);
    },
    /** One that was taken may start again; its key is busy still. */
    again: (item: T) => ready.push(item),
    /** At most `count` that may start now. */
    take: ready.take,
    /** The call of this key is over: the next one of the key becomes ready. */
    release(key: string) {
      const behind = busy.get(key);
      const next = behind?.shift();
      if (next === undefined) busy.delete(key);
      else ready.push(next);
    },
  };
}
