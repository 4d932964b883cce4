import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyOrder } from './key-order.ts';

type Item = { key: string; n: number; tenant: string };

test('keys run beside each other, calls of one key after each other', () => {
  const order = createKeyOrder<Item>();
  for (const [key, n] of [
    ['a', 1],
    ['a', 2],
    ['b', 3],
    ['a', 4],
  ] as const)
    order.push({ key, n, tenant: '' });
  expect(order.take(9).map(({ n }) => n)).toEqual([1, 3]);
  expect(order.take(9)).toEqual([]);
  order.release('a');
  expect(order.take(9).map(({ n }) => n)).toEqual([2]);
  order.release('b');
  order.push({ key: 'b', n: 5, tenant: '' });
  expect(order.take(9).map(({ n }) => n)).toEqual([5]);
});

test('never two of a key at once, all in the order they came, none left behind', () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 60 });
  fc.assert(
    fc.property(keys, fc.array(fc.nat(5), { minLength: 1 }), (sequence, choices) => {
      const order = createKeyOrder<Item>();
      const running: Item[] = [];
      const ended: Item[] = [];
      for (const [n, key] of sequence.entries()) order.push({ key, n, tenant: '' });
      for (let step = 0; ended.length < sequence.length; step++) {
        running.push(...order.take(1 + (choices[step % choices.length] ?? 0)));
        expect(new Set(running.map(({ key }) => key)).size).toBe(running.length);
        const [over] = running.splice((choices[(step * 7) % choices.length] ?? 0) % running.length, 1);
        if (over === undefined) throw new Error('nothing runs, and not all have ended');
        ended.push(over);
        order.release(over.key);
      }
      for (const key of new Set(sequence)) {
        const mine = ended.filter((item) => item.key === key).map(({ n }) => n);
        expect(mine).toEqual(mine.toSorted((a, b) => a - b));
      }
    }),
  );
});
