// The end of the events, live: what is appended to any partition after it was opened, each record once and in the order of its
// partition. One request at a time to each broker, for all that it leads. It outlasts brokers that go, leaders that move and offsets
// that are deleted. The event hub opens it while somebody listens.
import { setTimeout as delay } from 'node:timers/promises';
import { createCluster, isGone } from '../platform/cluster.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';

/** Never throws, and never rejects. */
export type TakeRecords = (partition: number, records: readonly FetchedRecord[]) => Promise<void>;

/** `ready` resolves once all that is appended from then on is told; it rejects only when the tail is closed before. */
export type EventTail = { ready: Promise<void>; close: () => Promise<void> };

export type OpenEventTail = (take: TakeRecords) => EventTail;

type Connection = Omit<Parameters<typeof createCluster>[0], 'log'>;

/** How long a fetch waits for something new, and how long to wait where a partition has no leader (milliseconds). */
const maxWaitMs = 500;
const maxBytes = 2 ** 20;
const maxBackoffMs = 1_000;

export const createOpenEventTail =
  ({ connection, topic, log }: { connection: Connection; topic: string; log: Logger }): OpenEventTail =>
  (take) => {
    // Of its own: a fetch that waits holds its connection up.
    const cluster = createCluster({ ...connection, clientId: `${connection.clientId}-tail`, log });
    const persisting = { log, what: `follow ${topic}`, givenUp: () => closed };
    const positions = new Map<number, number>();
    const reading = new Set<string>();
    let closed = false;
    let failures = 0;
    let trouble = Promise.withResolvers<unknown>();

    async function begin() {
      await persist(() => cluster.watch([topic]), persisting);
      const ends = await persist(() => cluster.offsets([topic], 'latest'), persisting);
      for (const [partition, end] of (ends.get(topic) ?? []).entries()) positions.set(partition, end);
    }

    /** Until it leads nothing any more. */
    async function readFrom(nodeId: string) {
      while (!closed) {
        const led = cluster.partitionsByLeader(topic).get(nodeId) ?? [];
        if (led.length === 0) return;
        const from = new Map(led.map((partition) => [partition, positions.get(partition) ?? 0]));
        const parts = await cluster.fetchTogether(nodeId, topic, from, maxBytes, maxWaitMs);
        failures = 0;
        for (const [partition, { records, next }] of parts) {
          // Its next leader has been asked meanwhile, and has answered.
          if (positions.get(partition) !== from.get(partition)) continue;
          positions.set(partition, next);
          if (records.length > 0) await take(partition, records);
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
      return [...leaders.values()].flat().length === positions.size;
    }

    async function skipWhatIsGone() {
      const [starts, ends] = [await cluster.offsets([topic], 'earliest'), await cluster.offsets([topic], 'latest')];
      for (const [partition, position] of positions) {
        const [start = 0, end = 0] = [starts.get(topic)?.[partition], ends.get(topic)?.[partition]];
        if (position < start || position > end) log.warn({ topic, partition, position, start, end }, 'events are gone');
        positions.set(partition, Math.min(Math.max(position, start), end));
      }
    }

    async function follow() {
      while (!closed) {
        const allLed = startReading();
        const error = await (allLed ? trouble.promise : Promise.race([trouble.promise, delay(maxWaitMs)]));
        if (closed) return;
        trouble = Promise.withResolvers();
        if (error !== undefined) {
          log.debug({ err: error, failures }, 'the events cannot be followed for a moment');
          await delay(Math.min(maxBackoffMs, 20 * 2 ** failures++));
        }
        await persist(async () => {
          await cluster.refresh();
          if (isGone(error)) await skipWhatIsGone();
        }, persisting);
      }
    }

    const ready = begin();
    const following = ready.then(follow).catch((error: unknown) => {
      if (!closed) log.error({ err: error, topic }, 'the events are not followed any more');
    });
    return {
      ready,
      async close() {
        closed = true;
        trouble.resolve(undefined);
        await cluster.close();
        await following;
      },
    };
  };
