// Commits how far each partition is, now and then and when the subscriber stops or the group shares out anew: one commit at a time, and
// only what has changed. A commit that fails is made up for by the next one.
import type { Logger } from '../platform/log.ts';

export type CommitterOptions = {
  /** Partition → the first offset that is not done, of those that are open here. */
  done: () => ReadonlyMap<number, number>;
  commit: (next: ReadonlyMap<number, number>) => Promise<void>;
  everyMs: number;
  log: Logger;
};

export function createCommitter({ done, commit, everyMs, log }: CommitterOptions) {
  const committed = new Map<number, number>();
  let running: Promise<void> | undefined;

  async function commitChanged(): Promise<void> {
    const next = new Map([...done()].filter(([partition, offset]) => committed.get(partition) !== offset));
    if (next.size === 0) return;
    try {
      await commit(next);
      for (const [partition, offset] of next) committed.set(partition, offset);
    } catch (error) {
      log.debug({ err: error }, 'offsets could not be committed; the next will do');
    }
  }

  /** One at a time: one that is late would take back what is committed meanwhile. */
  async function now(): Promise<void> {
    await running;
    running ??= commitChanged().finally(() => {
      running = undefined;
    });
    await running;
  }
  const timer = setInterval(() => void now(), everyMs);

  return {
    /** Never rejects. */
    now,
    /** Of partitions that may have been somebody else's in between nothing is known any more. */
    forget: (): void => committed.clear(),
    close: (): void => clearInterval(timer),
  };
}
