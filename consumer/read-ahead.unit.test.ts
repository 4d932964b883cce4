import { expect, test } from 'vitest';
import { createReadAhead } from './read-ahead.ts';

const always = { demand: () => 0, may: () => true };

test('what could begin fills a partition, whatever else is in hand', () => {
  let ready = 0;
  const one = createReadAhead().open({ demand: () => ready, may: () => true });
  expect(one.room(999, 0)).toBe(true);
  ready = 1_000;
  expect(one.room(999, 0)).toBe(false);
  ready = 600;
  expect([one.room(999, 0), one.room(999, 0, 0.5)]).toEqual([true, false]);
});

test('what cannot begin does not, up to an allowance that all partitions share', () => {
  const ahead = createReadAhead({ commands: 100, bytes: 1_000 });
  const [one, other] = [ahead.open(always), ahead.open(always)];
  expect([one.room(1_000, 0), one.room(1_099, 0), one.room(1_100, 0)]).toEqual([true, true, false]);
  expect([other.room(999, 0), other.room(1_001, 0)]).toEqual([true, false]);
  expect(one.room(1_040, 0)).toBe(true);
  expect([other.room(1_001, 0), other.room(1_001, 1_000)]).toEqual([true, false]);
  one.close();
  other.close();
  expect(one.room(1_099, 0)).toBe(true);
});

test('a paused queue is not read ahead of', () => {
  const one = createReadAhead().open({ demand: () => 0, may: () => false });
  expect([one.room(999, 0), one.room(1_000, 0)]).toEqual([true, false]);
});

test('bytes fill a partition too', () => {
  expect(
    createReadAhead()
      .open(always)
      .room(1, 16 * 2 ** 20),
  ).toBe(false);
});
