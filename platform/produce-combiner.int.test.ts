import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { createTopic, silent as log, randomName, readAll, watchedCluster } from '../test/stack/log.ts';
import type { KafkaCluster } from './cluster.ts';
import { persist } from './persist.ts';
import type { ProducerIdentity } from './produce-request.ts';

const { brokers } = inject('stack');
let topic: string;
let cluster: KafkaCluster;

beforeEach(async () => {
  topic = await createTopic(brokers, 3);
  cluster = await watchedCluster(brokers, [topic]);
});
afterEach(() => cluster.close());

const identity = (name: string) => persist(() => cluster.initProducerId(name), { log, what: 'get an identity' });
const stored = async (partition: number) =>
  (await readAll(cluster, topic, partition)).map(({ value }) => String(value));

async function produce(producer: ProducerIdentity, partition: number, firstSequence: number, text: string) {
  const broker = await cluster.broker(cluster.leaderOf(topic, partition) ?? 'none');
  const message = { key: Buffer.from('k'), value: Buffer.from(text), headers: {}, timestamp: Date.now() };
  return cluster.produce(broker, [{ topic, partition, producer, firstSequence, messages: [message] }]);
}

test('one request for several identities: each is stored, or fenced, by itself', async () => {
  const name = randomName('owner');
  const old = await identity(name);
  const other = await identity(randomName('owner'));
  await Promise.all([produce(old, 0, 0, 'by the old owner'), produce(other, 1, 0, 'by another')]);
  const newer = await identity(name);
  expect(newer).toEqual({ producerId: old.producerId, producerEpoch: old.producerEpoch + 1 });
  await produce(newer, 0, 0, 'fence');

  const [fenced, fine, first] = await Promise.all([
    produce(old, 0, 1, 'by a zombie'),
    produce(other, 1, 1, 'by another, again'),
    produce(newer, 2, 0, 'elsewhere'),
  ]);
  expect(
    [fenced, fine, first].map((results) => results?.map(({ partition, errorCode }) => [partition, errorCode])),
  ).toEqual(
    // INVALID_PRODUCER_EPOCH
    [[[0, 47]], [[1, 0]], [[2, 0]]],
  );
  expect([await stored(0), await stored(1), await stored(2)]).toEqual([
    ['by the old owner', 'fence'],
    ['by another', 'by another, again'],
    ['elsewhere'],
  ]);
});
