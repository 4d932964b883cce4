// What GET /stats adds up: documents of all steps, with the jobs that are not over, of all types, of some, or of one.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { projectionCollection } from '../platform/projection-store.ts';
import { openReadModel, type ReadModel } from '../platform/read-model.ts';
import type { JobState } from '../schemas/job-status.ts';
import { type Counted, type StatisticsDocument, statisticsId, stepBegin } from '../schemas/statistics.ts';
import type {} from '../test/stack/addresses.ts';
import { queuedJob } from './app.fixture.ts';
import { createOpenJobs } from './open-jobs.ts';
import { createStatistics, type Statistics } from './statistics.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/statistics-${randomUUID()}`;
const mongo = createMongo(uri.href);
const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 0, 2, 12);
let model: ReadModel;
let statistics: Statistics;

const took = (ms: number) => ({ count: 1, sum: ms, max: ms, buckets: { [ms]: 1 } });

/** In a minute, and so in all that hold it, as the projection writes them; each minute of a type once. */
async function count(type: string, at: number, counted: Counted) {
  const documents = mongo.db.collection<StatisticsDocument>(projectionCollection('statistics'));
  for (const step of ['1m', '1h', '1d', 'all'] as const) {
    const begin = step === 'all' ? 0 : stepBegin(at, step);
    const { run, wait: _, ...sums } = counted;
    await documents.updateOne(
      { _id: statisticsId(type, step, begin) },
      {
        $set: { type, step, at: begin },
        $inc: {
          ...sums,
          ...(run && { 'run.count': run.count, 'run.sum': run.sum, [`run.buckets.${run.sum}`]: run.count }),
        },
        ...(run && { $max: { 'run.max': run.max } }),
      },
      { upsert: true },
    );
  }
}
const job = (type: string, id: string, state: JobState, createdAt: number) =>
  model.jobs.insertOne(queuedJob(type, id, { state, createdAt }));

beforeAll(async () => {
  model = await openReadModel(mongo.db);
  await count('a.one', noon, { over: 2, succeeded: 1, failed: 1, dead: 1, retried: 3, run: took(10) });
  await count('a.one', noon + minute, { succeeded: 4, over: 4, run: took(20) });
  await count('a.one', noon + 2 * hour, { succeeded: 8, over: 8, run: took(30) });
  await count('b.two', noon, { over: 1, cancelled: 1 });
  for (const [type, id, state, at] of [
    ['a.one', '1', 'queued', noon],
    ['a.one', '2', 'running', noon],
    ['a.one', '3', 'retrying', noon + 2 * hour],
    ['b.two', '1', 'scheduled', noon + minute],
    ['a.one', 'over', 'succeeded', noon],
  ] as const)
    await job(type, id, state, at);
  statistics = createStatistics({ db: mongo.db, countOpen: createOpenJobs({ jobs: async () => model.jobs }) });
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

const zero = { accepted: 0, waiting: 0, running: 0, succeeded: 0, failed: 0, dead: 0, cancelled: 0, retried: 0 };
const counts = ({ runTime, waitTime: _, ...rest }: Awaited<ReturnType<Statistics['total']>>) => ({
  ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== 0)),
  ...(runTime.count > 0 && { ran: [runTime.count, runTime.sum, runTime.p50, runTime.max] }),
});

test('all time, of all types, of one, of what a caller may touch', async () => {
  const total = async (types: readonly string[] | undefined) =>
    counts(await statistics.total({ types, range: undefined }));
  const one = {
    accepted: 17,
    waiting: 2,
    running: 1,
    succeeded: 13,
    failed: 1,
    dead: 1,
    retried: 3,
    ran: [3, 60, 20, 30],
  };
  expect(await total(undefined)).toEqual({ ...one, accepted: 19, waiting: 3, cancelled: 1 });
  expect(await total(['a.one'])).toEqual(one);
  expect(await total(['a.*'])).toEqual(one);
  expect(await total(['b.two', 'c.three'])).toEqual({ accepted: 2, waiting: 1, cancelled: 1 });
  expect(await total([])).toEqual({});
  expect(await statistics.total({ types: ['c'], range: undefined })).toMatchObject(zero);
});

test('a time: what was submitted in it, and what ended in it', async () => {
  const total = async (from: number, to: number) =>
    counts(await statistics.total({ types: undefined, range: { from, to } }));
  expect(await total(noon, noon + minute)).toEqual({
    ...{ accepted: 5, waiting: 1, running: 1, succeeded: 1, failed: 1, dead: 1, cancelled: 1, retried: 3 },
    ran: [1, 10, 10, 10],
  });
  expect(await total(noon + minute, noon + 3 * hour)).toEqual({
    ...{ accepted: 14, waiting: 2, succeeded: 12, ran: [2, 50, 20, 30] },
  });
  expect(await total(0, noon)).toEqual({});
  expect(await total(0, noon + 24 * hour)).toEqual(
    counts(await statistics.total({ types: undefined, range: undefined })),
  );
});

test('step by step, those in which anything was counted', async () => {
  const range = { from: noon - hour, to: noon + 3 * hour };
  const series = async (step: '1m' | '1h', types?: string[]) =>
    (await statistics.series({ types, range }, step)).map(({ at, numbers }) => [(at - noon) / minute, counts(numbers)]);
  expect(await series('1m', ['b.two'])).toEqual([
    [0, { accepted: 1, cancelled: 1 }],
    [1, { accepted: 1, waiting: 1 }],
  ]);
  expect((await series('1h')).map(([at, numbers]) => [at, Object(numbers).accepted])).toEqual([
    [0, 10],
    [120, 9],
  ]);
});

test('a type is known once anything was counted of it', async () => {
  expect(await Promise.all(['a.one', 'c.three'].map(statistics.knows))).toEqual([true, false]);
});

test('while MongoDB does not answer it is a problem with a code', async () => {
  const away = createMongo('mongodb://127.0.0.1:9/none?replicaSet=none', { selectionTimeoutMs: 100 });
  const asked = createStatistics({ db: away.db, countOpen: async () => [] });
  await expect(asked.total({ types: undefined, range: undefined })).rejects.toMatchObject({
    code: 'read-model-unavailable',
  });
  await away.close();
});

test('who asks the same within a second is told the same; a failure is told once', async () => {
  let asked = 0;
  let fails = true;
  const jobs = Object.create(model.jobs, {
    aggregate: {
      value: () => {
        asked++;
        return { toArray: async () => (fails ? Promise.reject(new Error('no primary')) : []) };
      },
    },
  }) as ReadModel['jobs'];
  const open = createOpenJobs({ jobs: async () => jobs });
  const filter = { types: undefined, range: undefined, step: undefined };
  await expect(Promise.all([open(filter), open(filter)])).rejects.toThrow('no primary');
  fails = false;
  await Promise.all([open(filter), open(filter)]);
  await open(filter);
  await open({ ...filter, types: ['a'] });
  expect(asked).toBe(3);
});
