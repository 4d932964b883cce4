import type { Consumer } from 'kafkajs';
import { afterAll, expect, inject, test } from 'vitest';
import type {} from '../test/stack/addresses.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log, randomName } from '../test/stack/log.ts';
import { createCluster } from './cluster.ts';
import { createKafka } from './kafka.ts';
import { openLogWriter } from './log-writer.ts';
import { persist } from './persist.ts';
import { ensureTopics } from './topics.ts';

const connection = { brokers: inject('stack').brokers, clientId: 'fetch-test', log };
const topics = [randomName('read'), randomName('read')];
const partitions = 6;
const cluster = createCluster(connection);
let consumer: Consumer | undefined;
afterAll(async () => {
  await consumer?.disconnect();
  await cluster.close();
});

test('paused, resumed and sought in the middle of a session, a consumer reads all of each partition, in order', async () => {
  const spec = { partitions, replication: 1, retentionMs: -1, maxMessageBytes: 1_048_588 };
  await ensureTopics(
    createKafka(connection),
    topics.map((topic) => ({ topic, ...spec })),
    log,
  );
  await cluster.watch(topics);
  const writer = await persist(() => openLogWriter({ cluster, log }), { log, what: 'open a writer' });
  const [quiet = '', busy = ''] = topics;
  const append = (topic: string, partition: number) =>
    writer.append({
      topic,
      partition,
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: {},
      timestamp: Date.now(),
    });

  const seen = new Map<string, number[]>();
  const seenOf = (topic: string, partition: number) => seen.get(`${topic}/${partition}`) ?? [];
  const groupId = randomName('group');
  const reader = createKafka({ ...connection, patient: true }).consumer({ groupId, maxWaitTimeInMs: 200 });
  consumer = reader;
  await reader.connect();
  await reader.subscribe({ topics, fromBeginning: true });
  await reader.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 4,
    eachBatch: async ({ batch: { topic, partition, messages }, resolveOffset, isStale }) => {
      for (const { offset } of messages) {
        if (isStale()) return;
        seen.set(`${topic}/${partition}`, [...seenOf(topic, partition), Number(offset)]);
        resolveOffset(offset);
      }
    },
  });
  const soSeen = (topic: string, partition: number, count: number) =>
    until(
      `${count} of ${topic}/${partition}`,
      async () => seenOf(topic, partition).length === count || undefined,
      20_000,
    );
  const upTo = (last: number) => Array.from({ length: last + 1 }, (_, i) => i);

  // One partition after the other, so that most are silent in each fetch.
  for (let round = 0; round < 5; round++)
    for (let partition = 0; partition < partitions; partition++) await append(busy, partition);
  await append(quiet, 3);
  for (let partition = 0; partition < partitions; partition++) await soSeen(busy, partition, 5);
  await soSeen(quiet, 3, 1);

  reader.pause([{ topic: busy, partitions: [2] }]);
  await append(busy, 1);
  await soSeen(busy, 1, 6);
  await append(busy, 2);
  await append(busy, 1);
  await soSeen(busy, 1, 7);
  expect(seenOf(busy, 2)).toEqual(upTo(4));
  reader.resume([{ topic: busy, partitions: [2] }]);
  await soSeen(busy, 2, 6);

  reader.seek({ topic: busy, partition: 0, offset: '3' });
  await soSeen(busy, 0, 7);
  await append(busy, 0);
  await soSeen(busy, 0, 8);
  expect(seenOf(busy, 0)).toEqual([...upTo(4), 3, 4, 5]);
  for (const [partition, last] of [6, 5, 4, 4, 4].entries()) expect(seenOf(busy, partition + 1)).toEqual(upTo(last));
  await writer.close(1_000);
});
