import { expect, test } from 'vitest';
import { createCancels } from './cancels.ts';

const job = { type: 't', id: '1' };
const run = (generation: number, submittedAt: number) => ({ ...job, generation, submittedAt });

test('ends the generation that it names and those before it, and no other job', () => {
  const cancels = createCancels(100);
  expect(cancels.has(run(0, 1))).toBe(false);
  expect(cancels.take({ ...job, generation: 1, at: 1_000 })).toEqual({ name: 't/1', generation: 1, until: 1_100 });
  expect([0, 1, 2].map((generation) => cancels.has(run(generation, 900)))).toEqual([true, true, false]);
  expect(cancels.has({ ...run(0, 900), id: '2' })).toBe(false);
});

test('an id that is used again is another job; a clock that is behind makes none', () => {
  const cancels = createCancels(100);
  cancels.take({ ...job, generation: 2, at: 1_000 });
  expect(cancels.has(run(2, 1_100))).toBe(true);
  expect(cancels.has(run(0, 1_101))).toBe(false);
  // That one is cancelled in its turn, and the commands of the first may still come.
  cancels.take({ ...job, generation: 0, at: 5_000 });
  expect([cancels.has(run(0, 4_000)), cancels.has(run(1, 4_000)), cancels.has(run(2, 900))]).toEqual([
    true,
    false,
    true,
  ]);
  expect(cancels.all()).toHaveLength(2);
});

test('asked once more is kept once', () => {
  const cancels = createCancels(0);
  for (const at of [10, 20, 15]) cancels.take({ ...job, generation: 0, at });
  expect(cancels.all().map(({ until }) => until)).toContain(20);
  cancels.take({ ...job, generation: 1, at: 30 });
  expect(cancels.all()).toEqual([{ name: 't/1', generation: 1, until: 30 }]);
});
