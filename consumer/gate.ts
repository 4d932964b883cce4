// Lets a suspect run alone in its process: a job that has twice been running when its worker died must not take its
// neighbours with it a third time. While one runs alone, nothing else starts. Shared by a worker's partition runners.

export function createGate(onOpen: () => void) {
  let running = 0;
  let quiet: (() => void) | undefined;
  let queue: Promise<void> = Promise.resolve();
  let suspects = 0;
  const ended = () => {
    running--;
    if (running === 0) quiet?.();
  };
  return {
    get open() {
      return suspects === 0;
    },
    run<T>(work: () => Promise<T>): Promise<T> {
      running++;
      const done = work();
      done.then(ended, ended);
      return done;
    },
    /** Waits until whatever runs is over, then runs `work` with the gate shut. */
    async runAlone<T>(work: () => Promise<T>): Promise<T> {
      suspects++;
      const before = queue;
      const { promise, resolve } = Promise.withResolvers<void>();
      queue = promise;
      try {
        await before;
        if (running > 0) await new Promise<void>((settle) => (quiet = settle));
        quiet = undefined;
        return await work();
      } finally {
        resolve();
        suspects--;
        if (suspects === 0) onOpen();
      }
    },
  };
}

export type Gate = ReturnType<typeof createGate>;
