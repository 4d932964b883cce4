// Whatever two versions differ in is found, and what is only on its way is not taken for a difference.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { readModelNamed } from '../platform/read-model.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { createCompare } from './compare-versions.ts';
import type { Limits } from './feeder.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/compare-${randomUUID()}`;
const mongo = createMongo(uri.href);
const [live, built] = [readModelNamed(mongo.db, 'jobs_v1'), readModelNamed(mongo.db, 'jobs_v2')];

beforeEach(async () => {
  await mongo.db.dropDatabase();
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

const command = { kind: 'submit', type: 't', generation: 0, attempt: 1, key: 'k', payload: '1', digest: 'd' } as const;
const job = (id: string, fields: Partial<JobDocument> = {}): JobDocument => ({
  ...queuedJob(
    { ...command, id, submittedAt: 1, dueAt: null, after: null, options: null },
    { topic: 'c', partition: 0, offset: 1 },
  ),
  eventOffset: 5,
  ...fields,
});
const all: Limits = new Map([
  ['c', [100]],
  ['e', [100]],
]);
const none: Limits = new Map();

function compare({
  starts = none,
  settle = async () => all,
}: {
  starts?: Limits;
  settle?: () => Promise<Limits>;
} = {}) {
  const names = { db: mongo.db, live: 'jobs_v1', built: 'jobs_v2', eventsTopic: 'e' };
  return createCompare({ ...names, starts, settle, told: () => undefined });
}
const kinds = ({ differences }: { differences: { kind: string; what: string }[] }) =>
  differences.map(({ kind, what }) => `${kind} ${what}`);

test('equal versions of any size have no difference', async () => {
  const jobs = Array.from({ length: 3_000 }, (_, n) => job(`${n}`));
  await live.jobs.insertMany(jobs);
  await built.jobs.insertMany(jobs.toReversed());
  expect(await compare().all()).toEqual({ compared: 3_000, all: true, differences: [], unsettled: 0 });
  expect(await compare().some()).toMatchObject({ all: false, differences: [], unsettled: 0 });
});

test('each difference is found once, wherever it stands, and ids are compared as MongoDB orders them', async () => {
  const ids = ['!', '0', 'A', 'Z', '_', 'a', 'z', '~', 'é', '\uffee', '\u{1f600}'];
  await live.jobs.insertMany([...ids.map((id) => job(id)), job('only live'), job('state', { state: 'failed' })]);
  await built.jobs.insertMany([...ids.map((id) => job(id)), job('only log'), job('state'), job('zz')]);
  const found = await compare().all();
  expect(kinds(found).sort()).toEqual([
    'differs t/state',
    'missing t/only log',
    'missing t/zz',
    'unfounded t/only live',
  ]);
  expect(found.differences.find(({ kind }) => kind === 'differs')?.fields).toEqual([
    { field: 'state', live: '"failed"', log: '"queued"' },
  ]);
});

test('a sample whose counts do not add up becomes a look at all', async () => {
  await live.jobs.insertMany(Array.from({ length: 5_000 }, (_, n) => job(`${n}`)));
  await built.jobs.insertMany(
    Array.from({ length: 5_000 }, (_, n) => job(`${n}`, n === 77 ? { state: 'failed' } : {})),
  );
  const found = await compare().some();
  expect([found.all, ...kinds(found)]).toEqual([true, 'differs t/77']);
});

test('dead letters are compared too', async () => {
  const letter = { _id: 'c/0@1', type: 't', id: '1', generation: 0, attempt: 1, key: 'k', code: 'x', detail: 'd' };
  const rest = { at: 1, worker: 'w', command: { topic: 'c', partition: 0, offset: 1 }, eventOffset: 5 };
  await live.deadLetters.insertOne({ ...letter, ...rest, redrivenAt: 9 });
  await built.deadLetters.insertOne({ ...letter, ...rest });
  expect(kinds(await compare().all())).toEqual(['differs the dead letter at c/0@1']);
});

test('what both get while it is looked at is no difference; what never comes to rest is told as that', async () => {
  await live.jobs.insertMany([job('late', { eventOffset: 40 }), job('moves', { eventOffset: 200 })]);
  await built.jobs.insertMany([job('late'), job('moves')]);
  let rounds = 0;
  const settle = async () => {
    rounds++;
    await built.jobs.replaceOne({ _id: 't/late' }, job('late', { eventOffset: 40 }));
    return all;
  };
  expect(await compare({ settle }).all()).toMatchObject({ compared: 2, differences: [], unsettled: 1 });
  expect(rounds).toBeGreaterThan(5);
});

test('what is to be forgotten is no difference, and what the log has lost is told as that', async () => {
  const over = { expiresAt: new Date(Date.now() - 1_000) };
  await live.jobs.insertMany([job('over', over), job('gone', { eventOffset: 2 })]);
  await built.jobs.insertMany([job('over too', over)]);
  expect(kinds(await compare({ starts: new Map([['e', [3]]]) }).all())).toEqual(['gone t/gone']);
});
