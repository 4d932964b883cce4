// No collection, no checkpoint and no document of a snapshot is left behind by whoever was killed, and none that is needed is dropped.
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { oneVersion } from '../platform/one-version.fixture.ts';
import { checkpointId, openReadModel, readModelNamed } from '../platform/read-model.ts';
import {
  beginSnapshot,
  endSnapshot,
  removeSnapshot,
  snapshotCollections,
  snapshotsIn,
} from '../platform/snapshot-store.ts';
import type { JobState } from '../schemas/job-status.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { silent as log, randomName } from '../test/stack/log.ts';
import { retireSnapshots } from './retire-snapshots.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/${randomName('retire')}`;
const { db, close } = createMongo(uri.href);
const model = await openReadModel(db);
const retire = () => retireSnapshots({ db, versions: oneVersion(model), log });
const content = { moment: 0, jobs: 1, begins: {}, ends: {} };

afterAll(async () => {
  await db.dropDatabase();
  await close();
});
beforeEach(async () => {
  for (const name of await snapshotCollections(db)) await readModelNamed(db, name).jobs.drop();
  await Promise.all([snapshotsIn(db).deleteMany(), model.jobs.deleteMany(), model.checkpoints.deleteMany()]);
});

const command = {
  kind: 'submit',
  generation: 0,
  attempt: 1,
  key: 'k',
  payload: '1',
  digest: 'd',
  options: null,
} as const;

/** Its job is in this state; undefined: it is not known. */
async function snapshot(id: string, state: JobState | undefined, expiresAt?: number) {
  const begun = await beginSnapshot(db, { _id: id, at: 'then', types: null });
  await fill(begun.collection);
  if (expiresAt !== undefined) await endSnapshot(db, begun, { content, expiresAt: new Date(expiresAt) });
  const call = { ...command, type: 'putlog.snapshot', id, submittedAt: 1, dueAt: null, after: null };
  const job = queuedJob(call, { topic: 't', partition: 0, offset: 0 });
  if (state !== undefined) await model.jobs.insertOne({ ...job, state });
  return begun.collection;
}

async function fill(collection: string) {
  const { jobs, checkpoints } = readModelNamed(db, collection);
  const call = { ...command, type: 'test.echo', id: '1', submittedAt: 1, dueAt: null, after: null };
  await jobs.insertOne(queuedJob(call, { topic: 't', partition: 0, offset: 0 }));
  await checkpoints.insertOne({ _id: checkpointId(collection, 't'), next: { 0: 1 } });
}

const left = async () => [...(await snapshotCollections(db))].toSorted();
const known = async () => (await snapshotsIn(db).find().toArray()).map(({ _id }) => _id).toSorted();

test('what is needed stays, the rest goes with all that belongs to it', async () => {
  const stays = [
    await snapshot('building', 'running'),
    await snapshot('unknown', undefined),
    await snapshot('ready', 'succeeded', Date.now() + 60_000),
  ];
  for (const [id, state] of [
    ['cancelled', 'cancelled'],
    ['failed', 'failed'],
  ] as const)
    await snapshot(id, state);
  await snapshot('over', 'succeeded', Date.now());
  expect(await left()).toHaveLength(6);
  await retire();
  expect(await left()).toEqual(stays.toSorted());
  expect(await known()).toEqual(['building', 'ready', 'unknown']);
  expect(await model.checkpoints.countDocuments()).toBe(3);
});

test('a run that takes the place of one that was killed: the first one’s collection is nobody’s, and goes', async () => {
  const first = await snapshot('again', 'running');
  const second = await beginSnapshot(db, { _id: 'again', at: 'then', types: null });
  expect(second.collection).not.toBe(first);
  await fill(second.collection);
  await retire();
  expect(await left()).toEqual([second.collection]);
  expect(await endSnapshot(db, { _id: 'again', collection: first }, { content, expiresAt: new Date() })).toBe(false);
  expect(await removeSnapshot(db, { _id: 'again', collection: first })).toBe(false);
  // What the first one, which was only frozen, writes now is nobody's either: documents, or a checkpoint alone.
  await fill(first);
  await retire();
  await model.checkpoints.insertOne({ _id: checkpointId(first, 't'), next: { 0: 1 } });
  await retire();
  expect(await left()).toEqual([second.collection]);
});

test('one that is there is not begun again; one of which the time is over is', async () => {
  const collection = await snapshot('there', 'running', Date.now() + 60_000);
  expect(await beginSnapshot(db, { _id: 'there', at: 'then', types: null })).toMatchObject({ collection, content });
  await snapshotsIn(db).updateOne({ _id: 'there' }, { $set: { expiresAt: new Date() } });
  const again = await beginSnapshot(db, { _id: 'there', at: 'then', types: null });
  expect(again).toMatchObject({ content: null, expiresAt: null });
  expect(again.collection).not.toBe(collection);
});

test('two runs that begin at once: one of them is told, and no collection has two', async () => {
  const begins = Array.from({ length: 8 }, () => beginSnapshot(db, { _id: 'race', at: 'then', types: null }));
  const found = (await Promise.allSettled(begins)).map((one) =>
    one.status === 'fulfilled' ? one.value.collection : String(one.reason.message),
  );
  const { collection } = (await snapshotsIn(db).findOne({ _id: 'race' })) ?? {};
  expect(found).toContain(collection);
  const names = found.filter((name) => name.startsWith('jobs_snapshot_'));
  expect(new Set(names).size).toBe(names.length);
  for (const name of found.filter((one) => !names.includes(one))) expect(name).toContain('another run of the job');
});
