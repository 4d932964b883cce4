// One partition while it is assigned to this process: opened once whoever had it here before has let go, read ahead, handed to its place,
// and opened anew where somebody else has taken it over behind our back. It ends when it is stopped, never by itself.
import type { Logger } from '../platform/log.ts';
import type { Feed, Feeds } from './feeds.ts';
import { waited } from './interruptible.ts';
import { LostPlaceError, type OpenPlace, type Place } from './place.ts';

export type RunPartitionOptions = {
  partition: number;
  open: OpenPlace;
  feeds: Pick<Feeds, 'open'>;
  /** Resolves once nothing runs here any more that had the partition before. */
  after: Promise<void>;
  /** How long to wait where the place was lost: by then the group knows whose it is (milliseconds). */
  lostForMs: number;
  log: Logger;
  fatal: (error: unknown) => void;
};

export type PartitionRun = ReturnType<typeof runPartition>;

export function runPartition({ partition, open, feeds, after, lostForMs, log, fatal }: RunPartitionOptions) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const opened = Promise.withResolvers<void>();
  let place: Place | undefined;

  async function handOver(from: Feed, to: Place): Promise<void> {
    for (let part = await from.take(); part !== undefined && !signal.aborted; part = await from.take())
      await to.apply(part);
  }

  async function once(): Promise<void> {
    const mine = await open(partition, signal);
    place = mine;
    const feed = feeds.open(partition, mine.next);
    const letGo = () => feed.close();
    signal.addEventListener('abort', letGo, { once: true });
    opened.resolve();
    try {
      if (!signal.aborted) await handOver(feed, mine);
    } finally {
      signal.removeEventListener('abort', letGo);
      feed.close();
      await mine.close();
    }
  }

  async function run(): Promise<void> {
    await after;
    while (!signal.aborted) {
      try {
        await once();
        // Its feed ends only with the subscription.
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof LostPlaceError)) throw error;
        place = undefined;
        log.warn({ err: error, partition }, 'a partition was taken over by somebody else');
        await waited(lostForMs, signal);
      }
    }
  }

  const ended = run()
    .catch((error: unknown) => {
      if (!signal.aborted) fatal(error);
    })
    .finally(() => opened.resolve());

  return {
    partition,
    /** Its place is known, or it will never be. */
    opened: opened.promise,
    /** Nothing of it is handled any more. */
    ended,
    /** Everything before it is done with; undefined: not open. */
    done: () => place?.done(),
    /** What is in hand is finished, and nothing is begun. */
    stop(): Promise<void> {
      stopping.abort();
      return ended;
    },
  };
}
