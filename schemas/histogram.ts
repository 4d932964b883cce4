// A histogram of durations: buckets on a logarithmic scale with sixteen steps to each power of two (as HdrHistogram has them), so that a
// value is known to within a thirty-second part of it (3.2 %), exactly below 32 ms, and two histograms merge by adding. Count, sum and
// maximum are exact. The statistics are made of it, by who writes them and by who reads them. Pure.
// http://hdrhistogram.org/, https://github.com/HdrHistogram/HdrHistogram#histogram-variants-and-internal-representation

/** Whole milliseconds. `buckets`: number of a bucket → how many values; those that have none are not there. */
export type Histogram = { count: number; sum: number; max: number; buckets: Record<string, number> };

/** In milliseconds; all 0 where nothing was counted. */
export type HistogramSummary = { count: number; sum: number; p50: number; p90: number; p99: number; max: number };

const steps = 16;
/** 35 years; what is longer is counted as that. With it there are no more than 592 buckets. */
const longest = 2 ** 40 - 1;

/** What is counted of a duration: clocks of two machines may differ, and nothing takes less than no time. */
export const wholeMilliseconds = (ms: number): number => Math.min(longest, Math.max(0, Math.round(ms)));

/** @param ms whole milliseconds, as `wholeMilliseconds` gives them */
export function bucketOf(ms: number): number {
  const shift = Math.max(0, Math.floor(Math.log2(Math.max(1, ms))) - 4);
  return shift * steps + Math.floor(ms / 2 ** shift);
}

/** The middle of the values that a bucket holds. */
function middleOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / steps) - 1);
  return (bucket - shift * steps) * 2 ** shift + (2 ** shift - 1) / 2;
}

export const emptyHistogram = (): Histogram => ({ count: 0, sum: 0, max: 0, buckets: {} });

/** Adds the second to the first; undefined is an empty one. */
export function addHistogram(into: Histogram, from: Histogram | undefined): void {
  if (from === undefined) return;
  into.count += from.count;
  into.sum += from.sum;
  into.max = Math.max(into.max, from.max);
  for (const [bucket, count] of Object.entries(from.buckets))
    into.buckets[bucket] = (into.buckets[bucket] ?? 0) + count;
}

/** Of each share (0.5: the median) the value that so many of all do not exceed (nearest rank), in milliseconds. */
function percentiles({ count, max, buckets }: Histogram, shares: readonly number[]): number[] {
  const sorted = Object.entries(buckets)
    .map(([bucket, of]) => [Number(bucket), of] as const)
    .sort(([a], [b]) => a - b);
  return shares.map((share) => {
    let left = Math.max(1, Math.ceil(share * count));
    for (const [bucket, of] of sorted) {
      left -= of;
      if (left <= 0) return Math.min(max, Math.round(middleOf(bucket)));
    }
    return max;
  });
}

export function summaryOf(histogram: Histogram): HistogramSummary {
  const { count, sum, max } = histogram;
  const [p50 = 0, p90 = 0, p99 = 0] = percentiles(histogram, [0.5, 0.9, 0.99]);
  return { count, sum, p50, p90, p99, max };
}
