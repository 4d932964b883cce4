import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addHistogram, bucketOf, emptyHistogram, type Histogram, summaryOf, wholeMilliseconds } from './histogram.ts';

const histogramOf = (values: readonly number[]): Histogram => {
  const histogram = emptyHistogram();
  for (const ms of values) addHistogram(histogram, { count: 1, sum: ms, max: ms, buckets: { [bucketOf(ms)]: 1 } });
  return histogram;
};
const longest = 2 ** 40 - 1;
const durations = fc.array(fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: longest })), {
  minLength: 1,
  maxLength: 200,
});

test('buckets follow one another without a gap', () => {
  const buckets = Array.from({ length: 100_000 }, (_, ms) => bucketOf(ms));
  const steps = new Set(buckets.map((bucket, ms) => bucket - (buckets[ms - 1] ?? -1)));
  expect([...steps].sort()).toEqual([0, 1]);
  for (let power = 5; power <= 40; power++) expect(bucketOf(2 ** power) - bucketOf(2 ** power - 1)).toBe(1);
  expect(bucketOf(longest)).toBe(591);
});

test('a percentile is within 3.2 % of the value that nearest rank gives, exactly below 32 ms and at the end', () => {
  fc.assert(
    fc.property(durations, (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      const { p50, p90, p99, ...rest } = summaryOf(histogramOf(values));
      expect(rest).toEqual({ count: values.length, sum: values.reduce((a, b) => a + b), max: sorted.at(-1) });
      for (const [share, told] of [
        [0.5, p50],
        [0.9, p90],
        [0.99, p99],
      ] as const) {
        const right = sorted[Math.ceil(share * values.length) - 1] ?? 0;
        expect(Math.abs(told - right)).toBeLessThanOrEqual(right < 32 ? 0 : right / 31);
      }
    }),
  );
});

test('two that are added tell what one of all values tells', () => {
  fc.assert(
    fc.property(durations, durations, (some, others) => {
      const sum = histogramOf(some);
      addHistogram(sum, histogramOf(others));
      addHistogram(sum, undefined);
      expect(sum).toEqual(histogramOf([...some, ...others]));
    }),
  );
});

test('clocks that disagree take no time away, and nothing takes longer than there is room for', () => {
  expect([-5, 0.4, 1.5, 1e18].map(wholeMilliseconds)).toEqual([0, 0, 2, longest]);
  expect(summaryOf(emptyHistogram())).toEqual({ count: 0, sum: 0, p50: 0, p90: 0, p99: 0, max: 0 });
});
