// Spans of time, typed and shown.
import { expect, test } from 'vitest';
import { momentText, spanOf, spanOption, spanText } from './span.ts';

test.each([
  ['10', 10_000],
  ['0.5', 500],
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5m', 90_000],
  ['1m30s', 90_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['0s', 0],
])('%s is %i ms', (typed, ms) => expect(spanOf(typed)).toBe(ms));

test.each(['', 's', '10 s', '-1s', '1x', '1sm', 'PT1S', '1e3s', '1,5s', 'ten'])('%j is no span', (typed) => {
  expect(spanOf(typed)).toBeUndefined();
  expect(() => spanOption(typed)).toThrow('such as 10s');
});

test.each([
  [-5, '0 ms'],
  [12.4, '12 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [9_940, '9.9 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [7_199_000, '119 min'],
  [7_200_000, '2 h'],
  [172_800_000, '2 d'],
])('%d ms is shown as %s', (ms, text) => expect(spanText(ms)).toBe(text));

test('a span before now is a time; what is a time already, or neither, is passed on', () => {
  const now = Date.UTC(2026, 0, 2);
  expect(momentText('1d', now)).toBe('2026-01-01T00:00:00.000Z');
  for (const typed of ['2026-01-01T00:00:00Z', 'putlog.events/3@17', 'yesterday', '2026'])
    expect(momentText(typed, now)).toBe(typed);
});
