import { expect, test } from 'vitest';
import { document, lacking } from './document.ts';
import type { Result } from './result.ts';

const whole = { chosen: false, shortened: false, seeds: 3, bad: 0 };

test('only a whole run is written: all faults, in full, three seeds, none bad', () => {
  expect(lacking(whole)).toEqual([]);
  expect(lacking({ ...whole, chosen: true })).toEqual([expect.stringContaining('--only')]);
  expect(lacking({ ...whole, shortened: true })).toEqual([expect.stringContaining('FAULTS_MINUTES')]);
  expect(lacking({ ...whole, seeds: 2 })).toEqual([expect.stringContaining('--seeds 3')]);
  expect(lacking({ ...whole, bad: 1 })).toEqual([expect.stringContaining('did not hold')]);
});

const result = (seed: number, recoveryMs: number): Result => ({
  ...{ scenario: { id: 'F1', name: 'a fault', holds: [1] }, seed, recoveryMs, figures: { quietMs: 100 * seed } },
  ...{ counts: { acked: 10, rejected: 2, unknown: 1 }, breaches: [], failure: undefined, seen: 'a | b', tookMs: 1 },
  folder: 'f',
});

test('it has a row for each run, the worst and the median recovery, and who noticed which mutation', () => {
  const mutation = { name: 'no fence', file: 'f.ts', from: 'a', to: 'b', caughtBy: ['F4'] };
  const text = document({
    results: [result(1, 100), result(2, 900), result(3, 300)],
    notAsMeant: 2,
    mutated: [{ mutation, noticed: true }],
    ...{ minutes: 7, date: '2026-01-31', machine: '2 cores' },
  });
  expect(text).toContain('3 runs of 1 faults under 3 seeds, 30 acknowledged PUTs');
  expect(text.match(/^\| F1 a fault /gm)).toHaveLength(3);
  expect(text).toContain('| F1 | 3 | 0.3 s | 0.9 s | 0.2 s | 0.3 s |');
  expect(text).toContain('| no fence | F4 |');
  expect(text).toContain('2 more runs were made again');
});
