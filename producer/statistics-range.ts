// Which documents of the statistics answer for a time: those of whole days where they fit, of hours and minutes at its ends. Pure; by the
// minute no further back than documents are kept, so that what is answered is whole.
import { minutesSince, type Step, stepBegin, stepLengths } from '../schemas/statistics.ts';

/** Times in milliseconds since the epoch, the second one excluded. */
export type Range = { from: number; to: number };

export type Part = Range & { step: Step };

const stepEnd = (at: number, step: Step): number => -stepBegin(-at, step);

/** The time that is answered for: begun and ended by whole steps, of a minute, or of an hour where minutes are not kept. */
export function wholeRange({ from, to }: Range, now: number, minutesMs: number, step?: Step): Range {
  const finest = (at: number) => step ?? (at < minutesSince(now, minutesMs) ? '1h' : '1m');
  return { from: stepBegin(from, finest(from)), to: stepEnd(to, finest(to)) };
}

/** Together they are the range, which is whole. */
export function partsOf({ from, to }: Range, steps: readonly Step[] = ['1d', '1h', '1m']): Part[] {
  const [step, ...finer] = steps;
  if (step === undefined || from >= to) return [];
  const inner = { from: stepEnd(from, step), to: stepBegin(to, step) };
  if (inner.from >= inner.to) return partsOf({ from, to }, finer);
  return [...partsOf({ from, to: inner.from }, finer), { step, ...inner }, ...partsOf({ from: inner.to, to }, finer)];
}

/** How many steps there are in it. */
export const stepsIn = ({ from, to }: Range, step: Step): number => Math.ceil((to - from) / stepLengths[step]);
