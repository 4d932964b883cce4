import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { readInStep } from './read-in-step.ts';

const recordAt = (offset: number, timestamp: number): FetchedRecord => ({
  ...{ offset, timestamp, key: null, value: null, headers: {} },
});

/**
 * Topics by name, of one partition each, from which at most `most` records come at a time; those below `start` are gone, and offsets
 * without a record are passed over as the ends of transactions are.
 */
function logOf(topics: Record<string, FetchedRecord[]>, most: number, start = 0) {
  const fetched: string[] = [];
  return {
    fetched,
    async fetch(topic: string, _: number, offset: number) {
      fetched.push(`${topic}@${offset}`);
      if (offset < start) throw Object.assign(new Error('out of range'), { code: 1 });
      const left = (topics[topic] ?? []).filter((record) => record.offset >= offset);
      const records = left.slice(0, most);
      return { records, next: (records.at(-1)?.offset ?? offset) + 1, end: 1_000 };
    },
    offsets: async (names: string[]) => new Map(names.map((name) => [name, [start]])),
  };
}

async function read(topics: Record<string, FetchedRecord[]>, to: number, { most = 2, start = 0, from = 0 } = {}) {
  const taken: { topic: string; offset: number; timestamp: number }[] = [];
  const reached = new Map<string, number>();
  let rooms = 0;
  await readInStep(
    Object.keys(topics).map((topic) => ({ topic, partition: 0, from, to })),
    {
      cluster: logOf(topics, most, start),
      take: (topic, { offset, timestamp }) => void taken.push({ topic, offset, timestamp }),
      reached(topic, offset) {
        // All that was before it has been taken, and nothing that it does not cover counts as reached.
        const last = taken.findLast((one) => one.topic === topic)?.offset;
        expect(offset).toBeGreaterThan(last ?? -1);
        reached.set(topic, offset);
      },
      room: async () => void rooms++,
    },
  );
  return { taken, reached, rooms };
}

test('the records of two topics come by their time, those of one in their order, those of a time commands first', async () => {
  const { taken, reached } = await read(
    { c: [0, 1, 2, 5].map(recordAtIndex([10, 20, 40, 60])), e: [0, 1, 2].map(recordAtIndex([20, 30, 70])) },
    10,
  );
  expect(taken.map(({ topic, timestamp }) => `${topic}${timestamp}`)).toEqual([
    'c10',
    'c20',
    'e20',
    'e30',
    'c40',
    'c60',
    'e70',
  ]);
  expect([...reached]).toEqual([
    ['c', 10],
    ['e', 10],
  ]);
});

function recordAtIndex(times: readonly number[]) {
  return (offset: number, index: number) => recordAt(offset, times[index] ?? 0);
}

test('nothing from the limit on is taken, and what retention has taken is passed over', async () => {
  const topics = { c: Array.from({ length: 9 }, (_, offset) => recordAt(offset, offset)) };
  const { taken, reached } = await read(topics, 7, { start: 4 });
  expect(taken.map(({ offset }) => offset)).toEqual([4, 5, 6]);
  expect(reached.get('c')).toBe(7);
  const none = await read(topics, 3, { start: 8 });
  expect([none.taken, none.reached.get('c')]).toEqual([[], 3]);
});

test('what is left is not read once it is enough', async () => {
  const records = Array.from({ length: 9 }, (_, offset) => recordAt(offset, offset));
  const taken: number[] = [];
  await readInStep([{ topic: 'c', partition: 0, from: 0, to: 9 }], {
    ...{ cluster: logOf({ c: records }, 2), reached: () => undefined, room: async () => undefined },
    take: (_, { offset }) => void taken.push(offset),
    enough: () => taken.length >= 3,
  });
  expect(taken).toEqual([0, 1, 2, 3]);
});

test('whatever the times are, each record is taken once and in its order', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(times, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 6 }),
      async (all, most) => {
        const topics = Object.fromEntries(
          all.map((of, i) => [`t${i}`, of.map((time, offset) => recordAt(offset, time))]),
        );
        const { taken, reached } = await read(topics, 15, { most });
        for (const [topic, records] of Object.entries(topics)) {
          expect(taken.filter((one) => one.topic === topic).map(({ offset }) => offset)).toEqual(
            records.map(({ offset }) => offset),
          );
          expect(reached.get(topic)).toBe(15);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('what cannot be read is told, and so is what cannot be taken', async () => {
  const cluster = { ...logOf({}, 1), fetch: () => Promise.reject(new Error('no leader')) };
  const options = { cluster, take: () => undefined, reached: () => undefined, room: async () => undefined };
  const stretch = { topic: 'c', partition: 0, from: 0, to: 1 };
  await expect(readInStep([stretch], options)).rejects.toThrow('no leader');
  const working = logOf({ c: [recordAt(0, 0)] }, 1);
  const take = () => {
    throw new Error('no room');
  };
  await expect(readInStep([stretch], { ...options, cluster: working, take })).rejects.toThrow('no room');
});
