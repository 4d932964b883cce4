import { describe, expect, test } from 'vitest';
import { costsOf, median, type Round, tablesOf } from './compare.ts';
import { withBlock } from './performance-page.ts';

const round = (system: string, jobsPerSecond: number, mib: number): Round => ({
  ...{ system, type: 'echo', loadBefore: 0 },
  mib: { api: mib, worker: 1 },
  measured: {
    ...{ acceptedPerSecond: 1_000, completedPerSecond: jobsPerSecond },
    ...{ put: { p50: 1, p99: 20 }, readableSuccess: { p50: 4, p99: 8 } },
  },
});

describe('tablesOf', () => {
  test('has the median, the least and the most of each system, and the ratio of the medians', () => {
    const lines = tablesOf([round('own', 90, 9), round('own', 300, 9), round('own', 210, 9), round('other', 70, 4)])
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const of = (name: string) => lines.find(([, first]) => first === name)?.[3];
    expect(of('echo')).toBe('jobs/s end to end');
    expect(of('own')).toBe('210 [90.0–300]');
    expect(of('other')).toBe('70.0');
    expect(of('own ÷ other')).toBe('**3.00**');
    expect(lines.find(([, first]) => first === 'own')?.[8]).toBe('10.0 [10.0–10.0]');
  });

  test('one table for each type', () => {
    const other: Round = { ...round('own', 1, 1), type: 'sleep10' };
    expect(tablesOf([round('own', 1, 1), other]).split('\n\n')).toHaveLength(2);
  });

  test('a round that failed says why and counts for nothing', () => {
    const failed: Round = { system: 'other', type: 'echo', loadBefore: 0, error: 'it fell over' };
    const text = tablesOf([round('own', 90, 9), failed]);
    expect(text).toContain('other failed: it fell over');
    expect(text).toMatch(/^\| other \|( – \|)+$/m);
    expect(text).toMatch(/^\| own ÷ other \|( – \|)+$/m);
  });
});

test('costsOf: microseconds a job of each part, of the rounds that tell', () => {
  const { measured, ...own } = round('own', 1, 1);
  const told: Round = { ...own, ...(measured && { measured: { ...measured, cpuMs: { api: 200, worker: 100 } } }) };
  expect(costsOf([told, round('other', 1, 1)], () => 1_000)).toContain('| echo | 200 | 100 | 300 |');
  expect(costsOf([round('other', 1, 1)], () => 1_000)).toBeUndefined();
});

test('median', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(3);
  expect(() => median([])).toThrow('no values');
});

test('withBlock puts what was measured into its place, and nowhere else', () => {
  const page = 'before\n<!-- a -->\nold\n<!-- /a -->\nafter\n';
  expect(withBlock(page, 'a', 'new\n')).toBe('before\n<!-- a -->\n\nnew\n\n<!-- /a -->\nafter\n');
  expect(() => withBlock(page, 'b', 'new')).toThrow('no place for b');
});
