// A piece of the log for one test: topics of its own on the shared broker, a cluster client, plain reads.
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createCluster } from '../../platform/cluster.ts';
import { createTopics } from '../../platform/create-topics.ts';
import type { FetchedRecord } from '../../platform/fetched-part.ts';
import { createKafka } from '../../platform/kafka.ts';
import { persist } from '../../platform/persist.ts';

export const silent = pino({ level: 'silent' });

export const randomName = (base: string): string => `${base}-${randomBytes(5).toString('hex')}`;

export async function createTopic(
  brokers: string,
  partitions: number,
  config: Record<string, string> = {},
): Promise<string> {
  const topic = randomName('test');
  const admin = createKafka({ brokers, clientId: 'test', log: silent }).admin();
  await admin.connect();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await createTopics(admin, [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }], silent);
  await admin.disconnect();
  return topic;
}

export async function watchedCluster(brokers: string, topics: string[]) {
  const cluster = createCluster({ brokers, clientId: 'test', log: silent });
  // Of a topic that is new the leader is told before it knows of it itself, and answers that it leads nothing.
  const lead = async () => {
    await cluster.watch(topics);
    await cluster.offsets(topics, 'latest');
  };
  await persist(lead, { log: silent, what: 'reach the leaders of topics' });
  return cluster;
}

/** Everything in a partition from offset 0 to its end, as any plain reader sees it. */
export async function readAll(cluster: ReturnType<typeof createCluster>, topic: string, partition: number) {
  const end = (await cluster.offsets([topic], 'latest')).get(topic)?.[partition] ?? 0;
  const all: FetchedRecord[] = [];
  for (let offset = 0; offset < end; ) {
    const { records } = await cluster.fetch(topic, partition, offset, 2 ** 20, 100);
    for (const record of records) {
      all.push(record);
      offset = record.offset + 1;
    }
  }
  return all;
}
