// What a subscriber could not handle, as records of a topic of its own: key, value and headers as they were read, and beside them why and
// where. In it at least once; `dead_position` says which are the same. Its records are kept for ever, for somebody has to look at them.
import type { Kafka } from 'kafkajs';
import type { KafkaCluster } from '../platform/cluster.ts';
import { minIsrFor } from '../platform/durability.ts';
import type { Logger } from '../platform/log.ts';
import { type LogWriter, openLogWriter } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import { ensureTopics, TopicMismatchError } from '../platform/topics.ts';
import type { DeadEvent, deadHeaders } from './dead-event.ts';

export type DeadLetterTopicOptions = {
  topic: string;
  /** As many replicas as this one has. */
  like: string;
  kafka: Kafka;
  cluster: KafkaCluster;
  log: Logger;
  givenUp: () => boolean;
};

/** An event is 2 MiB at most, and what is said of it a little. */
const maxMessageBytes = 4 * 2 ** 20;
const longestReason = 2_000;

async function replicasOf(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions[0]?.replicas.length ?? 1;
  } finally {
    await admin.disconnect();
  }
}

/** @throws TopicMismatchError, or the last error where it is given up */
export async function openDeadLetterTopic({ topic, like, kafka, cluster, log, givenUp }: DeadLetterTopicOptions) {
  const final = (error: unknown) => error instanceof TopicMismatchError;
  const persisting = { log, what: `make sure of ${topic}`, final, givenUp };
  await persist(async () => {
    const replication = await replicasOf(kafka, like);
    const shape = { partitions: 1, alone: true, replication, minIsr: minIsrFor(replication, undefined) };
    await ensureTopics(kafka, [{ ...shape, topic, retentionMs: -1, maxMessageBytes }], log);
  }, persisting);
  const writer: LogWriter = await persist(async () => {
    await cluster.watch([topic]);
    return openLogWriter({ cluster, log });
  }, persisting);

  return {
    /** Resolves once every in-sync replica has it. */
    async put({ key, value, headers, position, attempts }: DeadEvent, error: Error): Promise<void> {
      const about: Record<keyof typeof deadHeaders, string> = {
        dead_position: position,
        dead_reason: error.message.slice(0, longestReason),
        dead_attempts: String(attempts),
        dead_at: new Date().toISOString(),
      };
      const record = { key: asBuffer(key), value: asBuffer(value), headers: { ...headers, ...about } };
      await writer.append({ topic, partition: 0, ...record, timestamp: Date.now() });
    },
    close: (deadline: number) => writer.close(deadline),
  };
}

/** Our writer knows no null; the header says which record it was. */
const asBuffer = (bytes: Uint8Array | null): Buffer => Buffer.from(bytes ?? []);
