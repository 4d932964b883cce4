// What runs of a partition. A slot is taken by a call that is claimed or running; what waits for its outcome to be stored has none
// any more, and is active still. No I/O.
import type { LaneShare } from './lane-slots.ts';

export function createSlots(share: LaneShare, load: { active: number }) {
  let active = 0;
  let quiet: (() => void) | undefined;
  return {
    get free() {
      return share.free;
    },
    wake: share.wake,
    /** Returns how to say that the function is over: another may run while its outcome is on its way to the log. */
    take() {
      share.take();
      active++;
      load.active++;
      return () => {
        share.give();
        share.wake();
      };
    },
    end() {
      active--;
      load.active--;
      if (active === 0) quiet?.();
    },
    /** Resolves when nothing is active. */
    whenQuiet: (): Promise<void> => (active === 0 ? Promise.resolve() : new Promise((resolve) => (quiet = resolve))),
    /** What is active is nobody's load any more, and its slots are the other lanes'. */
    close() {
      load.active -= active;
      share.leave();
    },
  };
}
