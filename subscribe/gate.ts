// How many events are handled at once, and whether any is: a slot for each, and none while the subscription is paused. In the order of
// asking, so that no partition is left out.
export type Gate = ReturnType<typeof createGate>;

/** @param slots how many at once */
export function createGate(slots: number) {
  const waiting = new Set<() => void>();
  const idle = new Set<() => void>();
  let taken = 0;
  let paused = false;

  function admit(): void {
    for (const enter of waiting) {
      if (paused || taken >= slots) return;
      waiting.delete(enter);
      taken++;
      enter();
    }
  }

  function leave(): void {
    taken--;
    if (taken === 0) for (const settle of idle) settle();
    if (taken === 0) idle.clear();
    admit();
  }

  return {
    /** Resolves to true with a slot, to be given back by `leave`; to false when the signal came first. */
    enter(signal: AbortSignal): Promise<boolean> {
      if (signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const abort = () => {
          waiting.delete(enter);
          resolve(false);
        };
        const enter = () => {
          signal.removeEventListener('abort', abort);
          resolve(true);
        };
        signal.addEventListener('abort', abort, { once: true });
        waiting.add(enter);
        admit();
      });
    },
    leave,
    /** Resolves once nothing is being handled; nothing is until `resume`. */
    pause(): Promise<void> {
      paused = true;
      return taken === 0 ? Promise.resolve() : new Promise((resolve) => idle.add(resolve));
    },
    resume(): void {
      paused = false;
      admit();
    },
  };
}
