// The values of records that were read before, once more from the log: dead letters carry them byte for byte. To keep those of
// all that is in hand would cost memory for the few that end so, and to encode a command anew would give other bytes where
// another program wrote it. A partition has one reader, which has one answer in memory at a time.
import { isGone, type KafkaCluster } from '../platform/cluster.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';

export type OriginalsTools = { cluster: Pick<KafkaCluster, 'fetch' | 'refresh'>; log: Logger };

type Found = Buffer | undefined;

/** Kafka answers with whole batches, the first of them however large it is; many that are asked for may be in one. */
const answerBytes = 65_536;

/**
 * @param givenUp nobody wants them any more
 * @returns a function that resolves to the value at an offset, undefined where it is no longer there. It waits while the log
 * cannot be read, and rejects once it is given up.
 */
export function createOriginals(
  { cluster, log }: OriginalsTools,
  { topic, partition }: { topic: string; partition: number },
  givenUp: () => boolean,
) {
  const waiting = new Map<number, PromiseWithResolvers<Found>>();
  let reading = false;

  async function fetchFrom(offset: number) {
    try {
      return (await cluster.fetch(topic, partition, offset, answerBytes, 1)).records;
    } catch (error) {
      if (isGone(error)) return [];
      await cluster.refresh();
      throw error;
    }
  }

  /** Reads on until nobody waits; the lowest offset first, and whatever else the answer has. */
  async function read() {
    for (let offset = Math.min(...waiting.keys()); waiting.size > 0; offset = Math.min(...waiting.keys())) {
      const records = await persist(() => fetchFrom(offset), {
        log,
        what: 'read a dead letter’s record again',
        givenUp,
      });
      for (const { offset: at, value } of records) {
        // A copy: the value is a part of the whole answer, which would stay in memory with it.
        waiting.get(at)?.resolve(value === null ? undefined : Buffer.from(value));
        waiting.delete(at);
      }
      waiting.get(offset)?.resolve(undefined);
      waiting.delete(offset);
    }
  }

  async function readAll() {
    reading = true;
    try {
      await read();
    } catch (error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    } finally {
      reading = false;
    }
  }

  return (offset: number): Promise<Found> => {
    const one = waiting.get(offset) ?? Promise.withResolvers<Found>();
    waiting.set(offset, one);
    if (!reading) readAll();
    return one.promise;
  };
}
