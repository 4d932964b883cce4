import { expect, test } from 'vitest';
import { percentile, slowdown } from './latency.ts';

test('a percentile is a value that was measured, whatever their order', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([50, 99, 100]);
  expect([percentile([7], 0.99), percentile([7, 3], 0)]).toEqual([7, 3]);
  expect(() => percentile([], 0.5)).toThrow('nothing was measured');
});

test('what is always twice as slow is told, one slow moment and a few milliseconds are not', () => {
  const turns = (...among: number[]) => among.map((ms) => ({ without: 100, among: ms }));
  expect(slowdown(turns(250, 260, 240, 250, 255), 20)).toEqual({ ratio: 2.5, slower: true });
  expect(slowdown(turns(250, 90, 240, 100, 255), 20).slower).toBe(true);
  expect(slowdown(turns(100, 1_300, 110, 90, 100), 20).slower).toBe(false);
  expect(slowdown(turns(190, 190, 190, 190, 190), 20).slower).toBe(false);
  expect(slowdown([{ without: 3, among: 15 }], 20)).toEqual({ ratio: 5, slower: false });
});
