// Which commands of a partition are taken and not done yet, and the checkpoint that follows from it: the lowest offset
// not done, and with it all that a later owner needs to skip what is done above it. No I/O.

import type { Checkpoint } from '../schemas/checkpoint.ts';

export function createInHand(start: number) {
  const undone = new Set<number>();
  let next = start;
  return {
    get size() {
      return undone.size;
    },
    get next() {
      return next;
    },
    undone: (): Iterable<number> => undone,
    /** Offsets come in rising order. `done`: an earlier owner has recorded its outcome. */
    take(offset: number, done = false) {
      next = offset + 1;
      if (!done) undone.add(offset);
    },
    /** Nothing of what comes before `offset` will ever be taken: it was deleted. */
    passTo(offset: number) {
      next = Math.max(next, offset);
    },
    /** Its outcome is in the log, or there is none to record. */
    done: (offset: number) => void undone.delete(offset),
    /** `eventsFrom`: every outcome that is recorded from now on stands at or after this offset of the events. */
    checkpoint(eventsFrom: number): Checkpoint {
      const offsets = [...undone];
      return { offset: offsets[0] ?? next, next, undone: offsets, eventsFrom };
    },
  };
}
