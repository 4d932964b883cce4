import { afterAll, expect, test, vi } from 'vitest';
import { brokerNames } from '../embedded/part.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log, randomName } from '../test/stack/log.ts';
import { startOwnStack } from '../test/stack/own-stack.ts';
import { createCluster, type KafkaCluster } from './cluster.ts';
import { createKafka } from './kafka.ts';
import { type LogWriter, openLogWriter } from './log-writer.ts';
import { persist } from './persist.ts';
import { ensureTopics } from './topics.ts';

// Three brokers are started, and one of them is killed.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

const partitions = [0, 1, 2];
const topic = randomName('moves');
const { stack, addresses, remove } = await startOwnStack({ parts: brokerNames });
let cluster: KafkaCluster | undefined;
let writer: LogWriter | undefined;
afterAll(async () => {
  await writer?.close(0);
  await cluster?.close();
  await remove();
});

test('one of three brokers is killed and comes back: reads and appends find the new leaders', async () => {
  const connection = { brokers: addresses.brokers, clientId: 'test', log };
  const spec = { topic, partitions: partitions.length, replication: 3, retentionMs: -1, maxMessageBytes: 1_048_588 };
  await persist(() => ensureTopics(createKafka(connection), [spec], log), { log, what: 'make sure of the topic' });
  const reader = createCluster(connection);
  cluster = reader;
  await persist(() => reader.watch([topic]), { log, what: 'learn the leaders' });
  const appending = await persist(() => openLogWriter({ cluster: reader, log }), { log, what: 'open a writer' });
  writer = appending;
  const appendToAll = () =>
    Promise.all(
      partitions.map((partition) =>
        appending.append({
          ...{ topic, partition, headers: {}, timestamp: Date.now() },
          ...{ key: Buffer.from('k'), value: Buffer.from('v') },
        }),
      ),
    );
  expect(await appendToAll()).toEqual([0, 0, 0]);
  const leaders = partitions.map((partition) => reader.leaderOf(topic, partition));
  expect(new Set(leaders).size).toBe(3);

  const killed = brokerNames[1];
  await stack.stopPart(killed, 'SIGKILL');
  // Back again it leads nothing, and says so to whoever still takes it for the leader.
  const observer = createCluster(connection);
  await until('other leaders', async () => {
    await persist(() => observer.watch([topic]), { log, what: 'learn the leaders' });
    await observer.refresh();
    return partitions.every((partition) => ['1', '3'].includes(observer.leaderOf(topic, partition) ?? '')) || undefined;
  });
  await observer.close();
  await stack.startPart(killed);
  const read = async () => {
    const ends = await reader.offsets([topic], 'latest');
    const pages = await Promise.all(partitions.map((partition) => reader.fetch(topic, partition, 0, 10_000, 100)));
    return { ends: ends.get(topic), values: pages.flatMap(({ records }) => records.map(({ value }) => String(value))) };
  };
  const again = await until('reads of every partition', () =>
    read().catch((error: unknown) => log.debug({ err: error }, 'not yet')),
  );
  expect(again).toEqual({ ends: [1, 1, 1], values: ['v', 'v', 'v'] });
  expect(await appendToAll()).toEqual([1, 1, 1]);
});
