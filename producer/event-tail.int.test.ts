// The tail of the events on a real Kafka: every partition, from its opening on, each record once and in order; over offsets that were
// deleted, and over brokers that go and come while partitions change their leader.
import { afterAll, expect, test, vi } from 'vitest';
import { brokerNames } from '../embedded/part.ts';
import { createCluster } from '../platform/cluster.ts';
import { createKafka } from '../platform/kafka.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import { ensureTopics } from '../platform/topics.ts';
import { soon, until } from '../test/stack/deadline.ts';
import { silent as log, randomName } from '../test/stack/log.ts';
import { startOwnStack } from '../test/stack/own-stack.ts';
import { createOpenEventTail } from './event-tail.ts';

// Three brokers are started, and one of them is killed.
vi.setConfig({ testTimeout: 200_000, hookTimeout: 200_000 });

const { stack, addresses, remove } = await startOwnStack({ parts: brokerNames });
const connection = { brokers: addresses.brokers, clientId: 'test', log };
const kafka = createKafka(connection);
const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
  await remove();
});

async function logOf(partitions: number) {
  const topic = randomName('tail');
  const spec = { topic, partitions, replication: 3, retentionMs: -1, maxMessageBytes: 1_048_588 };
  await persist(() => ensureTopics(kafka, [spec], log), { log, what: 'make sure of the topic' });
  const cluster = createCluster(connection);
  await persist(() => cluster.watch([topic]), { log, what: 'learn the leaders' });
  const writer = await persist(() => openLogWriter({ cluster, log, deadlineMs: 60_000 }), {
    log,
    what: 'open a writer',
  });
  closers.push(
    () => writer.close(0),
    () => cluster.close(),
  );
  const append = (partition: number, text: string) =>
    writer.append({
      ...{ topic, partition, headers: {}, timestamp: Date.now() },
      ...{ key: Buffer.from('k'), value: Buffer.from(text) },
    });
  return { topic, cluster, append };
}

function tailOf(topic: string) {
  const seen = new Map<number, string[]>();
  const tail = createOpenEventTail({ connection, topic, log })(async (partition, records) => {
    seen.set(partition, [...(seen.get(partition) ?? []), ...records.map(({ value }) => String(value))]);
  });
  closers.push(() => tail.close());
  return { seen, ...tail };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => String(from + n));

test('each partition from the opening on, in order, over a broker that is killed and comes back', async () => {
  const partitions = [0, 1, 2, 3, 4, 5];
  const { topic, cluster, append } = await logOf(partitions.length);
  const appendToAll = async (texts: string[]) => {
    for (const text of texts) await Promise.all(partitions.map((partition) => append(partition, text)));
  };
  await appendToAll(['before']);
  expect(cluster.partitionsByLeader(topic).size).toBe(3);
  const { seen, ready, close } = tailOf(topic);
  await ready;
  const told = (texts: string[]) => {
    const whole = new Map(partitions.map((partition) => [partition, texts]));
    return until('all of it', async () => {
      const complete = partitions.every((partition) => (seen.get(partition)?.length ?? 0) >= texts.length);
      if (complete) expect(new Map([...seen].sort(([a], [b]) => a - b))).toEqual(whole);
      return complete || undefined;
    });
  };
  await appendToAll(numbers(0, 20));
  await told(numbers(0, 20));

  const killed = brokerNames[1];
  await stack.stopPart(killed, 'SIGKILL');
  // They go on by their next leaders.
  await appendToAll(numbers(20, 40));
  await told(numbers(0, 40));
  await stack.startPart(killed);
  await appendToAll(numbers(40, 60));
  await told(numbers(0, 60));
  await soon('its end', close());
});

test('offsets that are deleted before they are read are passed over', async () => {
  const { topic, append } = await logOf(1);
  const admin = kafka.admin();
  await admin.connect();
  closers.push(() => admin.disconnect());
  const taken = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const seen: string[] = [];
  const tail = createOpenEventTail({ connection, topic, log })(async (_, records) => {
    seen.push(...records.map(({ value }) => String(value)));
    taken.resolve();
    await go.promise;
  });
  closers.push(() => tail.close());
  await tail.ready;
  await append(0, 'first');
  await taken.promise;
  // While it is busy with the first.
  for (const text of ['deleted', 'deleted too', 'kept']) await append(0, text);
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
  go.resolve();
  await until('what is left', async () => seen.includes('kept') || undefined);
  expect(seen).toEqual(['first', 'kept']);
});
