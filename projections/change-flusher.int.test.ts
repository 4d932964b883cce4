// Invariant: whatever a projection has counted was counted once, however the records were cut into flushes, whoever else read them at the same
// time, and whether or not the answer to a commit came.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import {
  keptProjections,
  projectionCollection,
  projectionStore,
  resetProjection,
} from '../platform/projection-store.ts';
import type { Change } from '../schemas/define-projection.ts';
import type {} from '../test/stack/addresses.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log } from '../test/stack/log.ts';
import { type ChangeFlusherOptions, createChangeFlusher } from './change-flusher.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/change-flusher-${randomUUID()}`;
const mongo = createMongo(uri.href);
const name = 'counts';
const store = projectionStore(mongo.db, { name, indexes: [{ n: 1 }] });
const documents = mongo.db.collection<{ _id: string; n?: number }>(projectionCollection(name));
const topic = 'e';
const partitions = [0, 1];

beforeEach(async () => {
  await mongo.db.dropDatabase();
  await store.prepare();
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

/** Partition → the document that each record adds one to. */
type Log = readonly (readonly string[])[];

/** A projector: reads from where its flusher says, as the group does. */
async function openReader(records: Log, replaced: Partial<ChangeFlusherOptions> = {}) {
  let next: number[] = [];
  let lost = false;
  const faults: unknown[] = [];
  const flusher = createChangeFlusher({
    ...{ definition: { name, rollUp: null }, store, log, everyMs: 0, lookEveryMs: 60_000 },
    again() {
      lost = true;
    },
    failed: (error) => void faults.push(error),
    ...replaced,
  });
  async function begin() {
    await flusher.settled();
    lost = false;
    const from = await flusher.begin([{ topic, partitions }]);
    next = partitions.map((partition) => from.get(topic)?.[partition] ?? 0);
  }
  await begin();
  const add = (partition: number, offset: number, changes: readonly Change[]) => {
    flusher.pending.add(changes);
    flusher.pending.reached(topic, partition, offset + 1);
  };
  return {
    ...{ flusher, faults, add, begin },
    isLost: () => lost,
    /** The next `count` records of a partition. */
    async read(partition: number, count: number) {
      if (lost) await begin();
      const all = records[partition] ?? [];
      for (let left = count; left > 0 && (next[partition] ?? 0) < all.length; left--) {
        const offset = next[partition] ?? 0;
        add(partition, offset, [{ id: all[offset] ?? '', add: { n: 1 } }]);
        next[partition] = offset + 1;
      }
      flusher.kick();
    },
    /** Everything that is left, until it is kept. */
    async finish() {
      do {
        for (const partition of partitions) await this.read(partition, Number.POSITIVE_INFINITY);
        await flusher.settled();
      } while (lost);
    },
  };
}

const countsOf = async () =>
  Object.fromEntries((await documents.find().sort({ _id: 1 }).toArray()).map(({ _id, n }) => [_id, n]));
const checkpoints = async () =>
  (await store.checkpoints()).toSorted((a, b) => a.partition - b.partition).map(({ next }) => next);
const expected = (records: Log) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(records.flat().toSorted(), (id) => id)).map(([id, all]) => [id, all?.length]),
  );

const records: Log = [
  ['a', 'b', 'a', 'c', 'a', 'b', 'a', 'a', 'b', 'c', 'a', 'd'],
  ['b', 'a', 'a', 'd', 'b', 'b', 'a', 'c', 'c', 'a'],
];

test('two readers of the same partitions, with whatever borders, crashes and redelivery: each record is counted once', async () => {
  const step = fc.record({
    reader: fc.nat(1),
    partition: fc.nat(1),
    count: fc.integer({ min: 1, max: 6 }),
    after: fc.constantFrom('goes on', 'waits', 'dies', 'begins again'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      await mongo.db.dropDatabase();
      await store.prepare();
      const readers = await Promise.all([openReader(records), openReader(records)]);
      for (const { reader: which, partition, count, after } of steps) {
        const reader = readers[which];
        if (reader === undefined) throw new Error('there are two');
        await reader.read(partition, count);
        if (after === 'waits') await reader.flusher.settled();
        if (after === 'begins again') await reader.begin();
        // What it was about to keep may still be kept, or not.
        if (after === 'dies') readers[which] = await openReader(records);
      }
      await Promise.all(readers.map((reader) => reader.finish()));
      expect(await countsOf()).toEqual(expected(records));
      expect(await checkpoints()).toEqual(records.map(({ length }) => length));
      expect(readers.flatMap(({ faults }) => faults)).toEqual([]);
    }),
    { numRuns: 12 },
  );
}, 300_000);

test('of two that keep the same records at once one does, and the other is told to begin again', async () => {
  const readers = await Promise.all([openReader(records), openReader(records)]);
  for (const reader of readers) for (const partition of partitions) await reader.read(partition, 100);
  await Promise.all(readers.map(({ flusher }) => flusher.settled()));
  expect(await countsOf()).toEqual(expected(records));
  expect(readers.filter(({ isLost }) => isLost())).toHaveLength(1);
});

test('a commit whose answer is lost is not made twice', async () => {
  let losses = 1;
  const reader = await openReader(records, {
    store: {
      ...store,
      async keep(updates, moves) {
        const kept = await store.keep(updates, moves);
        if (losses-- > 0) throw new Error('the connection ended');
        return kept;
      },
    },
  });
  await reader.finish();
  expect([losses < 0, await countsOf()]).toEqual([true, expected(records)]);
});

test('what MongoDB can never take stops the projection, and nothing of its flush is kept', async () => {
  const reader = await openReader(records);
  reader.add(0, 0, [
    { id: 'text', set: { n: 'no number' } },
    { id: 'fine', add: { n: 1 } },
  ]);
  reader.flusher.kick();
  await reader.flusher.settled();
  expect(reader.faults).toEqual([]);
  reader.add(0, 1, [{ id: 'fine', add: { n: 1 } }]);
  reader.add(0, 2, [{ id: 'text', add: { n: 1 } }]);
  reader.flusher.kick();
  await reader.flusher.settled();
  expect(reader.faults).toHaveLength(1);
  expect([await countsOf(), await checkpoints()]).toEqual([{ fine: 1, text: 'no number' }, [1, 0]]);
  // What comes after that is not taken.
  reader.add(0, 3, [{ id: 'fine', add: { n: 1 } }]);
  reader.flusher.kick();
  await reader.flusher.settled();
  expect(await checkpoints()).toEqual([1, 0]);
});

test('a reset takes documents away and checkpoints back; who was reading finds out, busy or not, and counts the same again', async () => {
  const idle = await openReader(records, { lookEveryMs: 50 });
  await idle.finish();
  expect((await keptProjections(mongo.db)).map(({ name: kept, documents: count }) => [kept, count])).toEqual([
    [name, 4],
  ]);
  expect(await resetProjection(mongo.db, name)).toBe(4);
  expect([await countsOf(), await checkpoints(), await resetProjection(mongo.db, name)]).toEqual([{}, [0, 0], 0]);
  expect(await resetProjection(mongo.db, 'nobody')).toBeUndefined();
  await until('it sees that all is gone', async () => idle.isLost() || undefined, 20_000);
  idle.flusher.close();
  await idle.finish();
  expect(await countsOf()).toEqual(expected(records));

  const busy = await openReader(records);
  await resetProjection(mongo.db, name);
  busy.add(0, records[0]?.length ?? 0, [{ id: 'a', add: { n: 1 } }]);
  busy.flusher.kick();
  await busy.flusher.settled();
  expect([busy.isLost(), await countsOf()]).toEqual([true, {}]);
  await busy.finish();
  expect(await countsOf()).toEqual(expected(records));
});

test('one flush in its time, however often it is asked for, and none that is waited for waits', async () => {
  const sizes: number[] = [];
  const reader = await openReader(records, {
    everyMs: 600,
    store: {
      ...store,
      keep(updates, moves) {
        sizes.push(moves.length);
        return store.keep(updates, moves);
      },
    },
  });
  const began = performance.now();
  for (let n = 0; n < 10; n++) {
    await reader.read(n % 2, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until('the second flush', async () => sizes.length >= 2 || undefined, 20_000);
  expect(performance.now() - began).toBeGreaterThan(590);
  expect(sizes).toHaveLength(2);
  await reader.finish();
  expect(await countsOf()).toEqual(expected(records));
});
