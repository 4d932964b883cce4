// Reads the partitions that are asked for, ahead of whoever handles them, in order and without a gap: one request at a time to each
// broker, for all that it leads and that has room. It outlasts brokers that go and leaders that move. Not kafkajs's own fetching:
// that drops what it has fetched when a partition is paused, and jumps in silence where records are gone.
import { setTimeout as delay } from 'node:timers/promises';
import { isGone, type KafkaCluster } from '../platform/cluster.ts';
import type { FetchedPart } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';

export type FeedsOptions = {
  /** For this alone: a fetch that waits holds its connection up. */
  cluster: Pick<KafkaCluster, 'watch' | 'partitionsByLeader' | 'fetchTogether' | 'refresh' | 'offsets' | 'close'>;
  topic: string;
  log: Logger;
  fatal: (error: unknown) => void;
};

export type Feed = {
  /** What comes next, in order; undefined: the feed is closed. */
  take: () => Promise<FetchedPart | undefined>;
  close: () => void;
};

export type Feeds = ReturnType<typeof createFeeds>;

/** Bytes of one partition in an answer, and those that may wait to be handled before no more are asked for. */
const partBytes = 2 ** 18;
const aheadBytes = 2 ** 19;
/** How long a fetch waits for something new, and the longest wait after a failure (milliseconds). */
const maxWaitMs = 250;
const maxBackoffMs = 1_000;
/** How often it is looked who leads what, also where nothing has failed (milliseconds). */
const lookEveryMs = 5_000;
/** An end that lies before what was read: of a new leader for a moment, of another topic of the same name for ever (milliseconds). */
const wrongEndFor = 30_000;

/** What the group has read is not in this topic. */
class OtherTopicError extends Error {
  override readonly name = 'OtherTopicError';
}

const sizeOf = ({ records }: FetchedPart) =>
  records.reduce((sum, { key, value }) => sum + 100 + (key?.length ?? 0) + (value?.length ?? 0), 0);

type Open = {
  /** Where the next fetch begins. */
  next: number;
  parts: { part: FetchedPart; bytes: number }[];
  bytes: number;
  wake: (() => void) | undefined;
  wrongSince: number | undefined;
};

export function createFeeds({ cluster, topic, log, fatal }: FeedsOptions) {
  const open = new Map<number, Open>();
  const reading = new Set<string>();
  let closed = false;
  let failures = 0;
  let trouble = Promise.withResolvers<unknown>();
  let wanted = Promise.withResolvers<void>();
  const persisting = { log, what: `read ${topic}`, givenUp: () => closed };

  const isHungry = (partition: number) => (open.get(partition)?.bytes ?? aheadBytes) < aheadBytes;
  /** Something has room now that had none, or was not asked for. */
  const askAgain = () => {
    wanted.resolve();
    wanted = Promise.withResolvers();
  };

  /** Until it leads nothing any more. */
  async function readFrom(nodeId: string) {
    while (!closed) {
      const led = cluster.partitionsByLeader(topic).get(nodeId) ?? [];
      if (led.length === 0) return;
      const hungry = new Map(led.filter(isHungry).map((partition) => [partition, open.get(partition)?.next ?? 0]));
      if (hungry.size === 0) {
        await wanted.promise;
        continue;
      }
      const asked = new Map([...hungry.keys()].map((partition) => [partition, open.get(partition)]));
      const parts = await cluster.fetchTogether(nodeId, topic, hungry, partBytes, maxWaitMs);
      failures = 0;
      for (const [partition, part] of parts) {
        const feed = open.get(partition);
        // Closed, or opened anew, or read from its next leader meanwhile.
        if (feed === undefined || feed !== asked.get(partition) || feed.next !== hungry.get(partition)) continue;
        feed.wrongSince = undefined;
        if (part.next === feed.next) continue;
        feed.next = part.next;
        const bytes = sizeOf(part);
        feed.parts.push({ part, bytes });
        feed.bytes += bytes;
        feed.wake?.();
      }
    }
  }

  function startReading() {
    const leaders = cluster.partitionsByLeader(topic);
    for (const nodeId of leaders.keys()) {
      if (reading.has(nodeId)) continue;
      reading.add(nodeId);
      readFrom(nodeId)
        .catch((error: unknown) => error)
        .then((error) => {
          reading.delete(nodeId);
          trouble.resolve(error);
        });
    }
    const led = new Set([...leaders.values()].flat());
    return [...open.keys()].every((partition) => led.has(partition));
  }

  async function passOverWhatIsGone() {
    const [starts, ends] = [await cluster.offsets([topic], 'earliest'), await cluster.offsets([topic], 'latest')];
    for (const [partition, feed] of open) {
      const [start = 0, end = 0] = [starts.get(topic)?.[partition], ends.get(topic)?.[partition]];
      if (feed.next < start) {
        const gone = { topic, partition, first: feed.next, last: start - 1 };
        log.error(gone, 'records were deleted before they were read: events are kept longer than nobody reads them');
        feed.next = start;
      } else if (feed.next > end) {
        feed.wrongSince ??= performance.now();
        if (performance.now() - feed.wrongSince < wrongEndFor) continue;
        throw new OtherTopicError(
          `${topic}/${partition} ends at ${end}, and this group has read up to ${feed.next}: it is another topic of the same name. ` +
            'Subscribe as another group, or delete the offsets of this one.',
        );
      } else feed.wrongSince = undefined;
    }
  }

  async function follow() {
    await persist(() => cluster.watch([topic]), persisting);
    while (!closed) {
      const allLed = startReading();
      const error = await Promise.race([
        trouble.promise,
        delay(allLed ? lookEveryMs : maxWaitMs, undefined, { ref: false }),
      ]);
      if (closed) return;
      trouble = Promise.withResolvers();
      if (error !== undefined) {
        log.debug({ err: error, failures }, 'the events cannot be read for a moment');
        await delay(Math.min(maxBackoffMs, 20 * 2 ** failures++));
      }
      await persist(() => cluster.refresh(), persisting);
      if (isGone(error)) {
        const final = (cause: unknown) => cause instanceof OtherTopicError;
        await persist(passOverWhatIsGone, { ...persisting, final });
      }
    }
  }

  const following = follow().catch((error: unknown) => {
    if (!closed) fatal(error);
  });

  return {
    /** @param next the first offset to read. One feed of a partition at a time. */
    open(partition: number, next: number): Feed {
      const feed: Open = { next, parts: [], bytes: 0, wake: undefined, wrongSince: undefined };
      open.set(partition, feed);
      askAgain();
      const isOpen = () => !closed && open.get(partition) === feed;
      return {
        async take() {
          while (isOpen()) {
            const first = feed.parts.shift();
            if (first !== undefined) {
              feed.bytes -= first.bytes;
              if (feed.bytes < aheadBytes) askAgain();
              return first.part;
            }
            await new Promise<void>((resolve) => {
              feed.wake = resolve;
            });
          }
          return undefined;
        },
        close() {
          if (isOpen()) open.delete(partition);
          feed.wake?.();
        },
      };
    },
    async close(): Promise<void> {
      closed = true;
      for (const { wake } of open.values()) wake?.();
      askAgain();
      trouble.resolve(undefined);
      await cluster.close();
      await following;
    },
  };
}
