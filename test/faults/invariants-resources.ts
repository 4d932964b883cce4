// Invariants 8 and 10: committed offsets only grow and nothing is left behind; memory and descriptors stay bounded, and a
// process that is asked to end does so in time. Pure functions of the history of a run; checkInvariants calls them.
import type { Breach, History, ProcessSample } from './invariants-history.ts';

/** 8, during the run. */
export function committedOffsetsGrow({ commits }: Pick<History, 'commits'>): Breach[] {
  const highest = new Map<string, number>();
  return commits.flatMap(({ group, topic, partition, offset }) => {
    const name = `${group} of ${topic}/${partition}`;
    const before = highest.get(name) ?? -1;
    highest.set(name, Math.max(before, offset));
    return offset < before ? [{ invariant: 8, text: `${name} had committed ${before}, and then ${offset}` }] : [];
  });
}

/** 8, when it is quiet. */
export const lagIsZero = ({ lags }: Pick<History, 'lags'>): Breach[] =>
  lags.flatMap(({ topic, partition, end, committed }) =>
    committed === end
      ? []
      : [{ invariant: 8, text: `${topic}/${partition} ends at ${end}, committed is ${committed}` }],
  );

export type Bounds = { rssBytes: number; descriptors: number; bytesPerMinute: number };

/** One fault has 564 clients at once. */
const usualBounds: Bounds = { rssBytes: 600 * 2 ** 20, descriptors: 800, bytesPerMinute: 2 ** 20 };
/**
 * Growth is judged only over twenty minutes and more: before that it is a process that warms up. An api alone remembers its last ten
 * thousand calls, which at the pace of some faults takes ten minutes to fill.
 */
const longEnoughMs = 1_200_000;

/** 10. */
export function resourcesStayBounded({ processes }: Pick<History, 'processes'>, bounds = usualBounds): Breach[] {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return [...Map.groupBy(processes, ({ name, pid }) => `${name} (${pid})`)].flatMap(([name, samples]) => {
    const rss = Math.max(...samples.map(({ rssBytes }) => rssBytes));
    const open = Math.max(...samples.map(({ descriptors }) => descriptors));
    const growth = growthPerMinute(samples);
    return [
      rss > bounds.rssBytes && `${name} took ${mebibytes(rss)}`,
      open > bounds.descriptors && `${name} had ${open} descriptors open`,
      growth > bounds.bytesPerMinute && `${name} grows by ${mebibytes(growth)} a minute`,
    ].flatMap((text) => (text === false ? [] : [{ invariant: 10, text }]));
  });
}

/** One comes every twenty seconds; fewer say less than the resident set does. */
const enoughOfHeap = 20;

/** The greatest growth of a process that lived long enough, bytes a minute; undefined: none did. */
export function greatestGrowth(processes: readonly ProcessSample[]): number | undefined {
  const slopes = [...Map.groupBy(processes, ({ pid }) => pid).values()].flatMap((samples) =>
    (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0) < longEnoughMs ? [] : [growthPerMinute(samples)],
  );
  return slopes.length === 0 ? undefined : Math.max(...slopes);
}

/**
 * Slope of the least squares line through the second half, bytes a minute; 0 where the run was short. Of what is held after a
 * collection of all garbage, where it is known: the resident set goes up by tens of MiB whenever V8 doubles its young
 * generation, which on a large machine ends at 128 MiB however little lives in it, and down again when the process rests.
 */
function growthPerMinute(samples: readonly ProcessSample[]): number {
  const first = samples[0]?.at ?? 0;
  const took = (samples.at(-1)?.at ?? 0) - first;
  if (took < longEnoughMs) return 0;
  const second = samples.filter(({ at }) => at >= first + took / 2);
  const ofHeap = second.flatMap(({ at, heapBytes }) => (heapBytes === undefined ? [] : [{ at, bytes: heapBytes }]));
  const ofAll = second.map(({ at, rssBytes }) => ({ at, bytes: rssBytes }));
  return slopePerMinute(ofHeap.length >= enoughOfHeap ? ofHeap : ofAll);
}

function slopePerMinute(late: readonly { at: number; bytes: number }[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [minutes, bytes] = [late.map(({ at }) => at / 60_000), late.map((sample) => sample.bytes)];
  const [x, y] = [mean(minutes), mean(bytes)];
  const products = minutes.map((minute, i) => (minute - x) * ((bytes[i] ?? y) - y));
  return mean(products) / mean(minutes.map((minute) => (minute - x) ** 2));
}

/** 10. */
export const endsInTime = ({ terminations }: Pick<History, 'terminations'>): Breach[] =>
  terminations.flatMap(({ name, code, ms, deadlineMs }) =>
    code === 0 && ms <= deadlineMs
      ? []
      : [{ invariant: 10, text: `${name} ended with code ${code} after ${Math.round(ms)} of ${deadlineMs} ms` }],
  );
