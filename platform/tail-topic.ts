// Follows a topic of one partition from its first record on, for as long as the process lives: what every worker must know, and
// no group shares out. Records come in order, each once; while Kafka is away it waits.
import { isGone, type KafkaCluster } from './cluster.ts';
import type { FetchedRecord } from './fetched-part.ts';
import type { Logger } from './log.ts';
import { persist } from './persist.ts';

export type TailOptions = {
  /** For this alone: a fetch that waits holds its connection up. */
  cluster: KafkaCluster;
  topic: string;
  log: Logger;
  take: (record: FetchedRecord) => void | Promise<void>;
  fatal: (error: unknown) => void;
};

/** How long a fetch waits for something new (milliseconds). */
const maxWaitMs = 500;
const maxBytes = 2 ** 20;

export function tailTopic({ cluster, topic, log, take, fatal }: TailOptions) {
  const caughtUp = Promise.withResolvers<void>();
  let closed = false;
  const givenUp = () => closed;

  const offsetOf = async (at: 'earliest' | 'latest') => (await cluster.offsets([topic], at)).get(topic)?.[0] ?? 0;

  async function follow() {
    const what = `read ${topic}`;
    const first = () => persist(() => offsetOf('earliest'), { log, what, givenUp });
    const end = await persist(() => offsetOf('latest'), { log, what, givenUp });
    for (let offset = await first(); !closed; ) {
      if (offset >= end) caughtUp.resolve();
      const from = offset;
      const fetch = () => cluster.fetch(topic, 0, from, maxBytes, maxWaitMs);
      try {
        const { records, next } = await persist(fetch, { log, what, final: isGone, givenUp });
        for (const record of records) await take(record);
        offset = next;
      } catch (error) {
        if (!isGone(error)) throw error;
        offset = await first();
      }
    }
  }

  const following = follow().catch((error: unknown) => {
    if (closed) return;
    caughtUp.reject(error);
    fatal(error);
  });
  return {
    /** Resolves once all has been taken that was there at the start. */
    caughtUp: caughtUp.promise,
    async close(): Promise<void> {
      closed = true;
      await cluster.close();
      await following;
    },
  };
}
