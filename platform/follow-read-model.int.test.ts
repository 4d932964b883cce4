// What follows the alias is never older than a lease before it was asked for, whoever changes it; and changes are compare-and-set.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { queuedJob } from '../schemas/queued-job.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log } from '../test/stack/log.ts';
import { findCheckpoints, findJobs } from './find-jobs.ts';
import { type FollowOptions, followReadModel } from './follow-read-model.ts';
import { createMongo } from './mongo.ts';
import { checkpointId, openReadModel, readModelNamed } from './read-model.ts';
import { type Alias, changeAlias, makeAlias, readAlias } from './read-model-alias.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/follow-${randomUUID()}`;
let mongo: ReturnType<typeof createMongo>;
const closes: (() => void)[] = [];

beforeEach(async () => {
  mongo = createMongo(uri.href);
  await mongo.db.dropDatabase();
});
afterEach(async () => {
  for (const close of closes.splice(0)) close();
  await mongo.db.dropDatabase();
  await mongo.close();
});

function follow(options: Partial<FollowOptions> = {}) {
  const followed = followReadModel({ db: mongo.db, log, ...options });
  closes.push(followed.close);
  return followed;
}
const namesOf = async ({ versions }: ReturnType<typeof follow>) => {
  const { current, also } = await versions();
  return [current.name, also?.name];
};
async function change(fields: Partial<Omit<Alias, 'epoch'>>): Promise<Alias> {
  const { epoch: _, ...now } = await makeAlias(mongo.db);
  const changed = await changeAlias(mongo.db, await readAlias(mongo.db), { ...now, ...fields });
  if (changed === undefined) throw new Error('it was changed meanwhile');
  return changed;
}

test('where nobody has said anything the first version is read, and nothing is made', async () => {
  expect(await namesOf(follow())).toEqual(['jobs_v1', undefined]);
  expect(await mongo.db.collection('read_models').countDocuments()).toBe(0);
});

test('an alias that an earlier version of Putlog wrote feeds what it names', async () => {
  await mongo.db
    .collection<{ _id: string; current: string }>('read_models')
    .insertOne({ _id: 'jobs', current: 'jobs_v4' });
  expect(await readAlias(mongo.db)).toEqual({ epoch: 0, current: 'jobs_v4', feeds: ['jobs_v4'] });
  expect(await change({ also: 'jobs_v5' })).toMatchObject({ epoch: 1, current: 'jobs_v4', also: 'jobs_v5' });
  expect((await openReadModel(mongo.db)).name).toBe('jobs_v4');
});

test('of two who change the same alias one does; what was changed and not answered may be repeated', async () => {
  const from = await makeAlias(mongo.db);
  const to = (feeds: string[]) => ({ current: 'jobs_v1', feeds });
  const both = await Promise.all([
    changeAlias(mongo.db, from, to(['jobs_v1', 'jobs_v2'])),
    changeAlias(mongo.db, from, to(['jobs_v1', 'jobs_v3'])),
  ]);
  const [winner] = both.filter((one) => one !== undefined);
  expect(both.filter((one) => one !== undefined)).toEqual([winner]);
  expect(await readAlias(mongo.db)).toEqual(winner);
  const { epoch: _, ...again } = winner ?? from;
  expect(await changeAlias(mongo.db, from, again)).toEqual(winner);
});

test('a change is heeded once the lease of what was known is over, and meanwhile nothing is asked', async () => {
  const followed = follow({ leaseMs: 400, pollMs: 60_000 });
  expect(await namesOf(followed)).toEqual(['jobs_v1', undefined]);
  await change({ also: 'jobs_v2' });
  expect(followed.versions(), 'known, and at once').not.toBeInstanceOf(Promise);
  await delay(450);
  expect(await namesOf(followed)).toEqual(['jobs_v1', 'jobs_v2']);
});

test('what asked before a change was made is no answer for who comes after', async () => {
  const followed = follow({ leaseMs: 0, pollMs: 60_000 });
  for (let n = 2; n < 12; n++) {
    const early = followed.alias();
    const { also } = await change({ also: `jobs_v${n}` });
    expect(await followed.alias()).toMatchObject({ also });
    await early;
  }
});

test('who is told of changes is told of each state that it sees, without asking', async () => {
  const told: Alias[] = [];
  const followed = follow({ pollMs: 20, changed: (alias) => void told.push(alias) });
  await followed.alias();
  await change({ feeds: ['jobs_v1', 'jobs_v2'] });
  await until('it is told', async () => told.length > 0 || undefined);
  expect(told).toEqual([await readAlias(mongo.db)]);
});

test('a MongoDB that is away is told to whoever asks, and is got over', async () => {
  const away = createMongo('mongodb://127.0.0.1:9/none', { selectionTimeoutMs: 50 });
  const { versions, close } = followReadModel({ db: away.db, log });
  await expect(versions()).rejects.toThrow();
  await expect(versions(AbortSignal.timeout(1))).rejects.toThrow();
  close();
  await away.close();
});

test('of two versions the greater document and the greater checkpoint count, and of the same the current', async () => {
  const [one, two] = [readModelNamed(mongo.db, 'jobs_v1'), readModelNamed(mongo.db, 'jobs_v2')];
  const command = {
    kind: 'submit',
    type: 't',
    generation: 0,
    attempt: 1,
    key: 'k',
    payload: '1',
    digest: 'd',
  } as const;
  const job = (id: string, eventOffset: number, worker: string | null = null) => ({
    ...queuedJob(
      { ...command, id, submittedAt: 1, dueAt: null, after: null, options: null },
      { topic: 'c', partition: 0, offset: 1 },
    ),
    ...{ eventOffset, worker },
  });
  await one.jobs.insertMany([job('a', 5), job('b', -1), job('same', 3, 'of one')]);
  await two.jobs.insertMany([job('a', 4), job('b', 2), job('c', 1), job('same', 3, 'of two')]);
  const ids = ['a', 'b', 'c', 'same', 'none'].map((id) => `t/${id}`);
  const of = async (current: typeof one, also: typeof one | undefined) =>
    [...(await findJobs({ current, also }, ids)).values()]
      .map(({ id, eventOffset, worker }) => [id, eventOffset, worker])
      .sort((x, y) => String(x[0]).localeCompare(String(y[0])));
  const both = [
    ['a', 5, null],
    ['b', 2, null],
    ['c', 1, null],
  ];
  expect(await of(one, two)).toEqual([...both, ['same', 3, 'of one']]);
  expect(await of(two, one)).toEqual([...both, ['same', 3, 'of two']]);
  expect(await of(one, undefined)).toEqual([
    ['a', 5, null],
    ['b', -1, null],
    ['same', 3, 'of one'],
  ]);
  for (const [model, next] of [
    [one, { 0: 7, 1: 2 }],
    [two, { 0: 6, 1: 4, 2: 1 }],
  ] as const)
    await model.checkpoints.updateOne({ _id: checkpointId(model.name, 'c') }, { $set: { next } }, { upsert: true });
  const reached = await findCheckpoints({ current: one, also: two }, ['c', 'd']);
  expect([reached.get('c'), reached.get('d')]).toEqual([{ 0: 7, 1: 4, 2: 1 }, {}]);
});
