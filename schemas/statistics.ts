// The documents of the projection `statistics`: who writes them (projections/statistics.ts) and who answers from them (producer) meet here.
// One for each job type and minute, hour and day, and one for each type over all time.
import type { Histogram } from './histogram.ts';

export const statisticsName = 'statistics';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Milliseconds of each step but `all`; days are of UTC. */
export const stepLengths = { '1m': minute, '1h': hour, '1d': day } as const;
export type Step = keyof typeof stepLengths;
export const isStep = (text: string): text is Step => Object.hasOwn(stepLengths, text);

/** What was counted. Each is absent where it is 0; docs/projections.md says what is counted when. */
export type Counted = {
  /** Of the jobs that were submitted then: how many are over. */
  over?: number;
  succeeded?: number;
  /** Dead letters included. */
  failed?: number;
  dead?: number;
  cancelled?: number;
  retried?: number;
  run?: Histogram;
  wait?: Histogram;
};

/** `at`: the beginning of the step in milliseconds since the epoch; 0 of `all`. */
export type StatisticsDocument = Counted & { _id: string; type: string; step: Step | 'all'; at: number };

export const stepBegin = (at: number, step: Step): number => Math.floor(at / stepLengths[step]) * stepLengths[step];

export const statisticsId = (type: string, step: Step | 'all', at: number): string => `${type}/${step}/${at}`;

/** By the minute no further back than this: from the first whole hour within `minutesMs` (milliseconds) on. */
export const minutesSince = (now: number, minutesMs: number): number =>
  Math.ceil((now - minutesMs) / stepLengths['1h']) * stepLengths['1h'];
