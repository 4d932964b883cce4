import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairQueue } from './fair-queue.ts';

const items = (tenant: string, count: number) => Array.from({ length: count }, (_, n) => ({ tenant, n }));
const filled = (...all: { tenant: string; n: number }[]) => {
  const queue = createFairQueue<{ tenant: string; n: number }>();
  for (const one of all) queue.push(one);
  return queue;
};
const names = (taken: { tenant: string; n: number }[]) => taken.map(({ tenant, n }) => `${tenant}${n}`);

test('one of each tenant, then one of each again; of one tenant the oldest first', () => {
  const queue = filled(...items('a', 4), ...items('b', 2), ...items('c', 1));
  expect(names(queue.take(5))).toEqual(['a0', 'b0', 'c0', 'a1', 'b1']);
  expect(names(queue.take(9))).toEqual(['a2', 'a3']);
  expect(queue.length).toBe(0);
});

test('whose turn it is outlives a take, and who comes back goes last', () => {
  const queue = filled(...items('a', 3), ...items('b', 3));
  expect(names(queue.take(1))).toEqual(['a0']);
  queue.push({ tenant: 'c', n: 0 });
  expect(names(queue.take(3))).toEqual(['b0', 'a1', 'c0']);
});

test('who has no name counts in full, of the others each no more than it needs', () => {
  expect(filled(...items('', 700)).demand).toBe(700);
  expect(filled(...items('a', 700)).demand).toBe(250);
  expect(filled(...items('', 700), ...items('a', 700), ...items('b', 7)).demand).toBe(957);
});

test('nothing is lost, nothing comes twice, and nobody waits longer than the others need for one each', () => {
  const pushes = fc.array(fc.constantFrom('', 'a', 'b', 'c'), { maxLength: 80 });
  fc.assert(
    fc.property(pushes, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (tenants, counts) => {
      const queue = filled(...tenants.map((tenant, n) => ({ tenant, n })));
      const taken: { tenant: string; n: number }[] = [];
      for (let i = 0; queue.length > 0; i++) taken.push(...queue.take(counts[i % counts.length] ?? 1));
      expect(taken.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(tenants.map((_, n) => n));
      for (const tenant of new Set(tenants)) {
        const places = taken.flatMap((one, i) => (one.tenant === tenant ? [i] : []));
        const mine = places.map((i) => taken[i]?.n ?? -1);
        expect(mine).toEqual(mine.toSorted((a, b) => a - b));
        for (const [i, place] of places.entries())
          expect(place - (places[i - 1] ?? -1)).toBeLessThanOrEqual(new Set(tenants).size);
      }
    }),
  );
});

test('the next one can be looked at, and any may be taken out, whoever has its turn', () => {
  const queue = filled(...items('a', 3), ...items('b', 2));
  expect(queue.peek()).toEqual({ tenant: 'a', n: 0 });
  expect(names(queue.takeIf(({ n, tenant }) => n === 0 || tenant === 'b'))).toEqual(['a0', 'b0', 'b1']);
  expect([queue.length, queue.peek()]).toEqual([2, { tenant: 'a', n: 1 }]);
  expect(names(queue.take(9))).toEqual(['a1', 'a2']);
  expect([queue.length, queue.peek()]).toEqual([0, undefined]);
});
