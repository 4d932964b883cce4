import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { readModelNamed } from '../platform/read-model.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { merge } from '../schemas/merge-jobs.ts';
import type {} from '../test/stack/addresses.ts';
import { writeJobs } from './write-jobs.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/write-${randomUUID()}`;
const mongo = createMongo(uri.href, { maxPoolSize: 20 });
const { jobs } = readModelNamed(mongo.db, 'jobs_v1');

beforeEach(() => jobs.deleteMany({}));
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

/** A repeatable source of numbers from 0 to 1: a failure names its seed. (mulberry32) */
function randomFrom(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const shuffled = <T>(all: T[], random: () => number): T[] =>
  all
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);

function document(id: string, fields: Partial<JobDocument> = {}): JobDocument {
  const eventOffset = fields.eventOffset ?? -1;
  return {
    ...{ _id: `t/${id}`, type: 't', id, key: `t/${id}`, generation: 0, attempt: 1, digest: 'd' },
    ...{ state: eventOffset === -1 ? 'queued' : 'succeeded', createdAt: 1, updatedAt: 2 + eventOffset },
    ...{ startedAt: null, finishedAt: null, expiresAt: null, dueAt: null, progress: null, error: null, worker: null },
    ...{ result: eventOffset === -1 ? null : `"${eventOffset}"`, command: { topic: 'c', partition: 0, offset: 0 } },
    ...{ eventOffset, ...fields },
  };
}
const write = (one: JobDocument) => ({ document: one, fresh: one.eventOffset === -1 });
const storedOf = (id: string) => jobs.findOne({ _id: `t/${id}` });

/** Every way in which two documents of a job can differ: generation, event, and the command that they come from. */
function historyOf(id: string): JobDocument[] {
  const history: JobDocument[] = [];
  for (const generation of [0, 1]) {
    for (const [topic, partition, offset] of [
      ['c', 0, 1],
      ['c', 0, 9],
      ['c', 1, 0],
      ['d', 0, 0],
    ] as const)
      history.push(document(id, { generation, command: { topic, partition, offset } }));
    for (const eventOffset of [3, 7, 20]) history.push(document(id, { generation, eventOffset }));
  }
  return history;
}

describe('an older status never overwrites a newer one', () => {
  test('for every pair, in either order, whatever the flush says of them', async () => {
    const history = historyOf('x');
    for (const a of history)
      for (const b of history) {
        await jobs.deleteMany({});
        await writeJobs(jobs, [write(a)]);
        await writeJobs(jobs, [{ document: b, fresh: a.eventOffset === -1 }]);
        expect(await storedOf('x'), JSON.stringify([a, b])).toEqual(merge(a, b));
      }
  });

  test.each([1, 2, 3])('with eight writers at once, each in an order of its own (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    const ids = Array.from({ length: 40 }, (_, i) => String(i));
    const all = ids.flatMap(historyOf);
    const writers = Array.from({ length: 8 }, async () => {
      // As flushes are: at most one document a job in each.
      let rest = shuffled(all, random);
      while (rest.length > 0) {
        const flush = new Map<string, JobDocument>();
        const later: JobDocument[] = [];
        for (const one of rest)
          if (flush.size < 60 && !flush.has(one._id) && random() < 0.9) flush.set(one._id, one);
          else later.push(one);
        rest = later;
        await writeJobs(
          jobs,
          [...flush.values()].map((one) => ({ document: one, fresh: random() < 0.5 })),
        );
      }
    });
    await Promise.all(writers);
    const found = new Map((await jobs.find().toArray()).map((one) => [one.id, one]));
    expect(found.size).toBe(ids.length);
    for (const id of ids) expect(found.get(id)).toEqual(historyOf(id).reduce((a, b) => merge(a, b)));
  });
});

describe('a job that is new', () => {
  test('is inserted once by many who write it at the same time, and the newest stays', async () => {
    for (let round = 0; round < 20; round++) {
      const all = [document(`${round}`), ...[1, 2, 3].map((eventOffset) => document(`${round}`, { eventOffset }))];
      await Promise.all(all.map((one) => writeJobs(jobs, [write(one)])));
      expect(await storedOf(`${round}`)).toEqual(all[3]);
    }
  });

  test('is written though its command comes in a later flush than its event', async () => {
    const done = document('late', { eventOffset: 5 });
    await writeJobs(jobs, [write(done)]);
    expect(await storedOf('late')).toEqual(done);
    await writeJobs(jobs, [write(document('late'))]);
    expect(await storedOf('late')).toEqual(done);
  });
});

test('a flush that is repeated, in whole or in part, changes nothing', async () => {
  const flush = ['a', 'b', 'c'].flatMap((id, i) => [write(document(id, { eventOffset: i === 0 ? -1 : i }))]);
  await writeJobs(jobs, flush.slice(0, 2));
  await writeJobs(jobs, flush);
  const before = await jobs.find().sort({ _id: 1 }).toArray();
  await writeJobs(jobs, flush);
  expect(await jobs.find().sort({ _id: 1 }).toArray()).toEqual(before);
  expect(before).toEqual(flush.map((one) => one.document));
});

test('what a user wrote is kept as it is: operators and field paths are text', async () => {
  const nasty = document('$where', { result: '{"$set":{"state":"failed"},"a":"$seq"}', eventOffset: 4, key: '$$ROOT' });
  await writeJobs(jobs, [write(document('$where'))]);
  await writeJobs(jobs, [write(nasty)]);
  expect(await storedOf('$where')).toEqual(nasty);
});

test('a flush with more results than one command takes is stored whole, and so is its repetition', async () => {
  // Three bytes a character: 24 MB in all.
  const result = JSON.stringify('€'.repeat(200_000));
  const large = Array.from({ length: 40 }, (_, i) => document(`large-${i}`, { result, eventOffset: i }));
  await writeJobs(
    jobs,
    large.map((one, i) => ({ document: one, fresh: i % 2 === 0 })),
  );
  await writeJobs(jobs, large.map(write));
  const stored = await jobs.find({}, { projection: { _id: 1, result: 1 } }).toArray();
  expect(stored).toHaveLength(large.length);
  expect(stored.every((one) => one.result === result)).toBe(true);
});

test('an empty flush asks MongoDB for nothing', async () => {
  const away = createMongo('mongodb://127.0.0.1:9/none', { selectionTimeoutMs: 50 });
  await writeJobs(readModelNamed(away.db, 'jobs_v1').jobs, []);
  await away.close();
});
