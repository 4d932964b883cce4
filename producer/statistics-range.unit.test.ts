import fc from 'fast-check';
import { expect, test } from 'vitest';
import { minutesSince, stepLengths } from '../schemas/statistics.ts';
import { partsOf, wholeRange } from './statistics-range.ts';

const at = (text: string) => Date.parse(`2026-01-${text}Z`);
const shown = (from: string, to: string) =>
  partsOf({ from: at(from), to: at(to) }).map((part) => [
    part.step,
    new Date(part.from).toISOString().slice(8, 16),
    new Date(part.to).toISOString().slice(8, 16),
  ]);

test('days within, hours and minutes at the ends', () => {
  expect(shown('01T22:58:00', '05T01:01:00')).toEqual([
    ['1m', '01T22:58', '01T23:00'],
    ['1h', '01T23:00', '02T00:00'],
    ['1d', '02T00:00', '05T00:00'],
    ['1h', '05T00:00', '05T01:00'],
    ['1m', '05T01:00', '05T01:01'],
  ]);
  expect(shown('01T10:10:00', '01T10:20:00')).toEqual([['1m', '01T10:10', '01T10:20']]);
  expect(shown('01T00:00:00', '03T00:00:00')).toEqual([['1d', '01T00:00', '03T00:00']]);
  expect(partsOf({ from: 5, to: 5 })).toEqual([]);
});

const day = stepLengths['1d'];
const now = at('20T12:34:56');
const moments = fc.integer({ min: now - 9 * day, max: now + day });

test('the parts of any time are whole, follow one another, and hold it all; minutes are not asked for where none are kept', () => {
  fc.assert(
    fc.property(moments, moments, (a, b) => {
      const asked = { from: Math.min(a, b), to: Math.max(a, b) + 1 };
      const range = wholeRange(asked, now, 2 * day);
      expect(range.from).toBeLessThanOrEqual(asked.from);
      expect(range.to).toBeGreaterThanOrEqual(asked.to);
      const parts = partsOf(range);
      let next = range.from;
      for (const { step, from, to } of parts) {
        expect(from).toBe(next);
        expect([from % stepLengths[step], to % stepLengths[step]]).toEqual([0, 0]);
        if (step === '1m') expect(from).toBeGreaterThanOrEqual(minutesSince(now, 2 * day));
        next = to;
      }
      expect(next).toBe(range.to);
    }),
  );
});

test('a time begins and ends with whole steps: minutes, hours where minutes are gone, or those of a series', () => {
  const iso = ({ from, to }: { from: number; to: number }) => [from, to].map((ms) => new Date(ms).toISOString());
  const range = (from: string, to: string) => ({ from: at(from), to: at(to) });
  expect(iso(wholeRange(range('20T10:10:30', '20T10:20:30'), now, day))).toEqual([
    '2026-01-20T10:10:00.000Z',
    '2026-01-20T10:21:00.000Z',
  ]);
  expect(iso(wholeRange(range('02T10:10:30', '20T10:20:30'), now, day))).toEqual([
    '2026-01-02T10:00:00.000Z',
    '2026-01-20T10:21:00.000Z',
  ]);
  expect(iso(wholeRange(range('20T10:10:30', '20T10:20:30'), now, day, '1d'))).toEqual([
    '2026-01-20T00:00:00.000Z',
    '2026-01-21T00:00:00.000Z',
  ]);
});
