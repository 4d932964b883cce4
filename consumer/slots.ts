// How many calls of a partition run at once. A slot is taken by a call that is claimed or running; what waits for its outcome to
// be stored has none any more, and is active still. No I/O.

export function createSlots(concurrency: number, load: { active: number }) {
  let taken = 0;
  let active = 0;
  let quiet: (() => void) | undefined;
  return {
    get free() {
      return concurrency - taken;
    },
    /** Returns how to say that the function is over: another may run while its outcome is on its way to the log. */
    take(freed: () => void) {
      taken++;
      active++;
      load.active++;
      return () => {
        taken--;
        freed();
      };
    },
    end() {
      active--;
      load.active--;
      if (active === 0) quiet?.();
    },
    /** Resolves when nothing is active. */
    whenQuiet: (): Promise<void> => (active === 0 ? Promise.resolve() : new Promise((resolve) => (quiet = resolve))),
    /** What is active is nobody's load any more. */
    close() {
      load.active -= active;
    },
  };
}
