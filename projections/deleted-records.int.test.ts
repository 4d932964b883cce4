// Records that are deleted before the projector has read them: it goes on behind them, and says what is gone.
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { createKafka } from '../platform/kafka.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { createMongo } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import { openReadModel, readCheckpoints } from '../platform/read-model.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { until } from '../test/stack/deadline.ts';
import { createTopic, randomName, silent, watchedCluster } from '../test/stack/log.ts';
import { toldLog } from '../test/stack/told-log.ts';
import { createFlusher } from './flusher.ts';
import { joinProjectorGroup } from './projector-group.ts';

const { brokers, mongoUri } = inject('stack');

async function createScene() {
  const topic = await createTopic(brokers, 1);
  const cluster = await watchedCluster(brokers, [topic]);
  const writer = await persist(() => openLogWriter({ cluster, log: silent }), { log: silent, what: 'open a writer' });
  const uri = new URL(mongoUri);
  uri.pathname = `/${randomName('projector')}`;
  const mongo = createMongo(uri.href);
  const model = await openReadModel(mongo.db);
  const kafka = createKafka({ brokers, clientId: 'test', log: silent, patient: true });
  const stops: (() => Promise<void>)[] = [];
  const fatal: unknown[] = [];
  return {
    ...{ topic, fatal },
    /** Its status is named after its offset. */
    append: () =>
      writer.append({
        ...{ topic, partition: 0, key: Buffer.from('k'), value: Buffer.from('v'), headers: {} },
        timestamp: Date.now(),
      }),
    async deleteBefore(offset: number) {
      const admin = kafka.admin();
      await admin.connect();
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
      await admin.disconnect();
    },
    /** `held`: is called, and waited for, before a record is folded. */
    async project(held?: () => Promise<void>) {
      const { log, told } = toldLog();
      const flusher = createFlusher({ targets: () => [model], log, flushed: () => undefined });
      const document = (offset: string) => {
        const command = { kind: 'submit', type: 't', id: offset, generation: 0, attempt: 1, key: 'k' } as const;
        const position = { topic, partition: 0, offset: Number(offset) };
        return queuedJob(
          { ...command, payload: '{}', digest: 'd', submittedAt: 1, dueAt: null, after: null, options: null },
          position,
        );
      };
      const group = await joinProjectorGroup({
        ...{ kafka, cluster, flusher, log, topics: [topic], group: `${topic}.projectors` },
        checkpoints: () => readCheckpoints(model, [topic]),
        ...{ sessionTimeoutMs: 6_000, fatal: (error: unknown) => void fatal.push(error) },
        fold: (_, __, { offset }) => held?.().then(() => document(String(offset))) ?? document(String(offset)),
      });
      await group.ready;
      const stop = () => group.stop(2_000);
      stops.push(stop);
      return { stop, told: () => told().filter(({ msg }) => !msg.startsWith('kafkajs')) };
    },
    reached: (offset: number) =>
      until(`the checkpoint ${offset}`, async () =>
        (await readCheckpoints(model, [topic])).get(topic)?.[0] === offset ? true : undefined,
      ),
    ids: async () => (await model.jobs.find().toArray()).map(({ id }) => Number(id)).sort((a, b) => a - b),
    async close() {
      await Promise.all(stops.map((stop) => stop()));
      await writer.close(0);
      await cluster.close();
      await mongo.db.dropDatabase();
      await mongo.close();
    },
  };
}

let scene: Awaited<ReturnType<typeof createScene>>;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(async () => {
  await scene.close();
  expect(scene.fatal).toEqual([]);
});

const gone = (first: number, last: number) => ({
  ...{ level: 50, topic: scene.topic, partition: 0, first, last, records: last - first + 1, logStart: last + 1 },
  msg: expect.stringContaining('records were deleted before the projector had read them'),
});

test('a projector that was away tells what is gone, and projects what is left', async () => {
  for (let i = 0; i < 2; i++) await scene.append();
  const first = await scene.project();
  await scene.reached(2);
  await first.stop();
  for (let i = 0; i < 4; i++) await scene.append();
  await scene.deleteBefore(4);
  const second = await scene.project();
  await scene.reached(6);
  expect([first.told(), second.told()]).toEqual([[], [gone(2, 3)]]);
  expect(await scene.ids()).toEqual([0, 1, 4, 5]);
});

test('where nothing is left the checkpoint moves on all the same, or a GET would wait for it', async () => {
  await scene.append();
  const first = await scene.project();
  await scene.reached(1);
  await first.stop();
  for (let i = 0; i < 2; i++) await scene.append();
  await scene.deleteBefore(3);
  const second = await scene.project();
  await scene.reached(3);
  expect(second.told()).toEqual([gone(1, 2)]);
});

test('a new read model warns of a log that does not begin with its first record', async () => {
  for (let i = 0; i < 3; i++) await scene.append();
  await scene.deleteBefore(2);
  const { told } = await scene.project();
  await scene.reached(3);
  expect(told()).toEqual([
    {
      ...{ level: 40, topic: scene.topic, partition: 0, first: 0, last: 1, records: 2, logStart: 2 },
      msg: expect.stringContaining('does not begin with its first record'),
    },
  ]);
});

test('a projector that runs tells what was deleted before it could fetch it', async () => {
  const away = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await scene.append();
  const { told } = await scene.project(() => {
    asked.resolve();
    return away.promise;
  });
  // It waits with the first record, and fetches nothing more until that is folded.
  await asked.promise;
  for (let i = 0; i < 5; i++) await scene.append();
  await scene.deleteBefore(4);
  away.resolve();
  await scene.reached(6);
  expect(told()).toEqual([gone(1, 3)]);
  expect(await scene.ids()).toEqual([0, 4, 5]);
});
