import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type {} from '../test/stack/addresses.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log, randomName, watchedCluster } from '../test/stack/log.ts';
import type { KafkaCluster } from './cluster.ts';
import { createKafka } from './kafka.ts';
import { type LogWriter, openLogWriter } from './log-writer.ts';
import { persist } from './persist.ts';
import { tailTopic } from './tail-topic.ts';
import { ensureTopics } from './topics.ts';

const { brokers } = inject('stack');
const kafka = createKafka({ brokers, clientId: 'test', log });
const topic = randomName('tail');
let cluster: KafkaCluster;
let writer: LogWriter;

beforeAll(async () => {
  const spec = { topic, partitions: 1, replication: 1, retentionMs: -1, maxMessageBytes: 1_048_588 };
  await persist(() => ensureTopics(kafka, [spec], log), { log, what: 'make the topic' });
  cluster = await watchedCluster(brokers, [topic]);
  writer = await persist(() => openLogWriter({ cluster, log }), { log, what: 'open a writer' });
});
afterAll(async () => {
  await writer.close(0);
  await cluster.close();
});

const append = (text: string) =>
  writer.append({ topic, partition: 0, key: Buffer.from('k'), value: Buffer.from(text), headers: {}, timestamp: 1 });

async function tail() {
  const seen: string[] = [];
  const following = tailTopic({
    cluster: await watchedCluster(brokers, [topic]),
    ...{ topic, log },
    take: ({ value }) => void seen.push(String(value)),
    fatal: (error) => expect.unreachable(String(error)),
  });
  await following.caughtUp;
  return { ...following, seen };
}

test('all that was there, before it says so; then whatever comes, in order and once, to each who follows', async () => {
  const first = await tail();
  expect(first.seen).toEqual([]);
  for (const text of ['a', 'b', 'c']) await append(text);
  const second = await tail();
  expect(second.seen).toEqual(['a', 'b', 'c']);
  await append('d');
  for (const { seen } of [first, second])
    await until('the last one', async () => (seen.length === 4 ? true : undefined));
  expect([first.seen, second.seen]).toEqual(Array.from({ length: 2 }, () => ['a', 'b', 'c', 'd']));
  await Promise.all([first.close(), second.close()]);
});

test('what retention has taken is passed over', async () => {
  const admin = kafka.admin();
  await admin.connect();
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
  await admin.disconnect();
  const { seen, close } = await tail();
  expect(seen).toEqual(['c', 'd']);
  await close();
});
