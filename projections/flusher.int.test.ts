import { randomUUID } from 'node:crypto';
import type { Collection, Document } from 'mongodb';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { checkpointId, type ReadModel, readModelNamed } from '../platform/read-model.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { soon, until } from '../test/stack/deadline.ts';
import { silent as log } from '../test/stack/log.ts';
import { createFlusher } from './flusher.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/flusher-${randomUUID()}`;
const mongo = createMongo(uri.href);
const model = readModelNamed(mongo.db, 'jobs_v1');

beforeEach(async () => {
  await model.jobs.deleteMany({});
  await model.checkpoints.deleteMany({});
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

function open(replaced: Partial<ReadModel> = {}) {
  const sizes: number[] = [];
  const flusher = createFlusher({
    targets: () => [{ ...model, ...replaced }],
    log,
    flushed: (size) => sizes.push(size),
  });
  const queuedAt = (offset: number) => {
    const command = {
      kind: 'submit',
      type: 't',
      generation: 0,
      attempt: 1,
      key: 'k',
      payload: '{}',
      digest: 'd',
    } as const;
    const position = { topic: 'c', partition: 0, offset };
    return queuedJob(
      { ...command, id: `${offset}`, submittedAt: 1, dueAt: null, after: null, options: null },
      position,
    );
  };
  const add = (offset: number) => flusher.pending.add(queuedAt(offset));
  /** The command at this offset of partition 0 was read. */
  const read = (offset: number) => {
    add(offset);
    flusher.pending.reached('c', 0, offset + 1);
  };
  /** The event that ends that call was read, at the same offset of its topic. */
  const end = (offset: number) => {
    flusher.pending.add({ ...queuedAt(offset), state: 'succeeded', finishedAt: 2, updatedAt: 2, eventOffset: offset });
    flusher.pending.reached('e', 0, offset + 1);
  };
  return { flusher, sizes, add, read, end };
}
const checkpoint = async (topic = 'c') =>
  (await model.checkpoints.findOne({ _id: checkpointId('jobs_v1', topic) }))?.next;

/** A collection that notes each command of this name and fails `times` times; everything else is the real one. */
function failing<T extends Document>(
  real: Collection<T>,
  name: 'insert' | 'update',
  times: number,
  notes: string[] = [],
): Collection<T> {
  let left = times;
  async function command(asked: Document) {
    if (!(name in asked)) return real.db.command(asked);
    const fails = left-- > 0;
    notes.push(fails ? `${name} failed` : name);
    if (fails) throw new Error('no primary');
    return real.db.command(asked);
  }
  const db = Object.create(real.db, { command: { value: command } });
  return Object.create(real, { db: { value: db } });
}

describe('a flush', () => {
  test('writes the documents, then the checkpoint, and says what it wrote', async () => {
    const notes: string[] = [];
    const { flusher, sizes, read } = open({
      jobs: failing(model.jobs, 'insert', 0, notes),
      checkpoints: failing(model.checkpoints, 'update', 0, notes),
    });
    for (const offset of [0, 1, 2]) read(offset);
    flusher.pending.reached('e', 3, 8);
    flusher.kick();
    await flusher.settled();
    expect(notes).toEqual(['insert', 'update']);
    expect(await model.jobs.countDocuments()).toBe(3);
    expect([await checkpoint('c'), await checkpoint('e')]).toEqual([{ 0: 3 }, { 3: 8 }]);
    expect(sizes).toEqual([3]);
    expect(flusher.written(new Set(['c/0', 'x/1']))).toEqual([{ topic: 'c', partition: 0, offset: '3' }]);
  });

  test('of a call that comes alone waits a little for its end: one insert, one checkpoint', async () => {
    const notes: string[] = [];
    const jobs = failing(failing(model.jobs, 'insert', 0, notes), 'update', 0, notes);
    const { flusher, read, end } = open({ jobs, checkpoints: failing(model.checkpoints, 'update', 0, notes) });
    read(0);
    flusher.kick();
    await new Promise((resolve) => setImmediate(resolve));
    end(0);
    flusher.kick();
    await flusher.settled();
    expect(notes).toEqual(['insert', 'update']);
    expect(await model.jobs.findOne()).toMatchObject({ state: 'succeeded' });
    expect([await checkpoint('c'), await checkpoint('e')]).toEqual([{ 0: 1 }, { 0: 1 }]);
  });

  test('of a call whose end does not come is written all the same', async () => {
    const { flusher, read } = open();
    read(0);
    flusher.kick();
    await soon('the flush', flusher.settled(), 5_000);
    expect(await model.jobs.findOne()).toMatchObject({ state: 'queued' });
  });

  test('with nothing to tell of a job moves the checkpoint all the same', async () => {
    const { flusher, sizes } = open();
    flusher.pending.reached('e', 0, 4);
    flusher.kick();
    await flusher.settled();
    expect([await checkpoint('e'), sizes]).toEqual([{ 0: 4 }, [0]]);
  });

  test('in the middle of a batch, of which no offset is told yet, leaves the checkpoint to the next one', async () => {
    const { flusher, add, read } = open();
    read(0);
    flusher.kick();
    await flusher.settled();
    add(1);
    flusher.kick();
    await soon('the flush of documents alone', flusher.settled(), 10_000);
    expect([await model.jobs.countDocuments(), await checkpoint()]).toEqual([2, { 0: 1 }]);
    flusher.pending.reached('c', 0, 2);
    flusher.kick();
    await soon('the flush of an offset', flusher.settled(), 10_000);
    expect(await checkpoint()).toEqual({ 0: 2 });
  });

  test('takes what comes meanwhile into the next one, with nothing lost', async () => {
    const { flusher, sizes, read } = open();
    for (let offset = 0; offset < 500; offset++) {
      read(offset);
      flusher.kick();
      if (offset % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await flusher.settled();
    expect(sizes.reduce((a, b) => a + b)).toBe(500);
    expect(sizes.length).toBeLessThan(100);
    expect([await model.jobs.countDocuments(), await checkpoint()]).toEqual([500, { 0: 500 }]);
  });

  test('that was asked for with nothing pending does not keep later ones from happening', async () => {
    const { flusher, read } = open();
    flusher.kick();
    await flusher.settled();
    read(0);
    flusher.kick();
    await until('the checkpoint', checkpoint, 5_000);
    expect(await model.jobs.countDocuments()).toBe(1);
  });
});

describe('while MongoDB fails', () => {
  test('the same documents are written again before any checkpoint', async () => {
    const notes: string[] = [];
    const { flusher, read } = open({
      jobs: failing(model.jobs, 'insert', 2, notes),
      checkpoints: failing(model.checkpoints, 'update', 0, notes),
    });
    read(0);
    flusher.kick();
    await until('a failure', async () => (notes.length > 0 ? true : undefined));
    expect(await checkpoint()).toBeUndefined();
    read(1);
    await flusher.settled();
    expect(notes).toEqual([...['insert failed', 'insert failed', 'insert', 'update'], ...['insert', 'update']]);
    expect([await model.jobs.countDocuments(), await checkpoint()]).toEqual([2, { 0: 2 }]);
  });

  test('a checkpoint that fails is written again, and the documents are not', async () => {
    const notes: string[] = [];
    const { flusher, read } = open({
      jobs: failing(model.jobs, 'insert', 0, notes),
      checkpoints: failing(model.checkpoints, 'update', 1, notes),
    });
    read(0);
    flusher.kick();
    await flusher.settled();
    expect(notes).toEqual(['insert', 'update failed', 'update']);
    expect(flusher.written(new Set(['c/0']))).toEqual([{ topic: 'c', partition: 0, offset: '1' }]);
  });
});

test('the checkpoint never goes back, whichever projector writes last', async () => {
  const [zombie, owner] = [open(), open()];
  owner.flusher.pending.reached('c', 0, 90);
  owner.flusher.pending.reached('c', 1, 10);
  owner.flusher.kick();
  await owner.flusher.settled();
  zombie.flusher.pending.reached('c', 0, 40);
  zombie.flusher.pending.reached('c', 1, 11);
  zombie.flusher.kick();
  await zombie.flusher.settled();
  expect(await checkpoint()).toEqual({ 0: 90, 1: 11 });
});
