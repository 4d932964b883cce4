import { expect, test } from 'vitest';
import type { Difference } from '../projections/difference.ts';
import type { Verified } from '../projections/verify.ts';
import { keepTime } from './rebuild-commands.ts';
import {
  differenceLines,
  differencesLines,
  isEqual,
  rebuiltLines,
  triedLines,
  verifiedLines,
} from './rebuild-lines.ts';

const differs = (field: string, live: string | undefined, log: string | undefined): Difference => ({
  ...{ kind: 'differs', what: 't/1' },
  fields: [{ field, live, log }],
});
const verified = (fields: Partial<Verified> = {}): Verified => ({
  ...{ live: 'jobs_v1', records: 2_000, unreadable: 0, behind: 0, beyond: [] },
  comparison: { compared: 1_000, all: true, differences: [], unsettled: 0 },
  ...fields,
});

test('a difference is told with both values, and nothing of it moves the cursor', () => {
  expect(differenceLines(differs('state', '"failed"', undefined))).toEqual([
    't/1: state is "failed", by the log nothing',
  ]);
  const [line = ''] = differenceLines(differs('result', '"\u001b[2J\n"', `"${'x'.repeat(1_000)}"`));
  expect(line).toContain('"?[2J?"');
  expect(line.length).toBeLessThan(300);
  expect(differenceLines({ kind: 'gone', what: 't/2', fields: [] })[0]).toContain('lost its records to retention');
});

test('of many the first are shown', () => {
  const differences = Array.from({ length: 30 }, () => differs('state', '1', '2'));
  expect(differencesLines({ differences }, 20)).toHaveLength(21);
  expect(differencesLines({ differences }, 20).at(-1)).toBe('and 10 more');
  expect(differencesLines({ differences }, 30)).toHaveLength(30);
});

test('equal is what has no difference, nothing that moves, and no checkpoint beyond the log', () => {
  expect(isEqual(verified())).toBe(true);
  expect(isEqual(verified({ behind: 5 })), 'what is on its way is no difference').toBe(true);
  expect(isEqual(verified({ beyond: ['e/0'] }))).toBe(false);
  const comparison = { ...verified().comparison };
  expect(isEqual(verified({ comparison: { ...comparison, unsettled: 1 } }))).toBe(false);
  expect(isEqual(verified({ comparison: { ...comparison, differences: [differs('a', '1', '2')] } }))).toBe(false);
});

test('what was found is summed up', () => {
  expect(verifiedLines(verified({ unreadable: 1, behind: 3 }), 20)).toEqual([
    '2,000 records read (1 of them nobody can read: they tell nothing of a job)',
    '3 records are not in jobs_v1 yet',
    'jobs_v1: all 1,000 documents compared, 0 differ',
  ]);
  expect(triedLines(verified(), 20).slice(-2)).toEqual([
    'a rebuild would put a version in the place of jobs_v1 that is equal to it',
    'nothing was changed',
  ]);
});

test('a rebuild says how to take it back', () => {
  const rebuilt = { from: 'jobs_v1', version: 'jobs_v2', records: 7, unreadable: 0, joinMs: 9, switchMs: 640 };
  const lines = rebuiltLines({ ...rebuilt, comparison: undefined }, 86_400_000);
  expect(lines.at(-1)).toBe('jobs_v1 is kept for 24 h 00 min; until then: putlog rebuild --rollback');
  expect(rebuiltLines({ ...rebuilt, from: 'jobs_v2', comparison: undefined }, 1)).toEqual([
    'jobs_v2 is read already: an earlier run had come to its end',
  ]);
});

test.each([
  ['24h', 86_400_000],
  ['90m', 5_400_000],
  ['0s', 0],
  ['7d', 604_800_000],
])('%s', (text, ms) => {
  expect(keepTime(text)).toBe(ms);
});

test.each(['', '24', 'h', '-1h', '1.5h', '1w', '9999999d'])('"%s" is no time', (text) => {
  expect(() => keepTime(text)).toThrow(/such as 24h/);
});
