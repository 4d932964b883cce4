// Jobs as a client sees them: how one is named, what is known of it, and what happens to it. The names are those of the JSON that the
// server answers; times are RFC 3339 in UTC.
import type { JobState } from '../schemas/job-status.ts';
import type { Progress } from '../schemas/progress.ts';
import type { Problem } from './problem-error.ts';

/** Names a job; a status is one too. `result` only tells the compiler what comes of it. */
export type JobName<R = unknown> = { readonly type: string; readonly id: string; readonly result?: R };

type Known = {
  readonly type: string;
  readonly id: string;
  /** Counts redrives from 0. */
  readonly generation: number;
  /** Counts runs from 1. */
  readonly attempt: number;
  /** Ordering key. */
  readonly key: string;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** Scheduled or retrying: when it runs next. */
  readonly dueAt?: string;
  readonly updatedAt: string;
  readonly worker?: string;
  readonly progress?: Progress;
  /** Where its command is in the log: topic/partition@offset. */
  readonly position: string;
  readonly links?: Readonly<Record<string, string>>;
};

/** A job that is over. */
export type FinishedJob<R = unknown> =
  | (Known & { readonly state: 'succeeded'; readonly result: R })
  | (Known & { readonly state: 'failed'; readonly error: Problem })
  | (Known & { readonly state: 'cancelled'; readonly error?: Problem });

/** What is known of a job. */
export type JobStatus<R = unknown> =
  | FinishedJob<R>
  | (Known & {
      readonly state: Exclude<JobState, FinishedJob['state']>;
      /** While retrying: of the last attempt. */
      readonly error?: Problem;
    });

export const isFinished = <R>(job: JobStatus<R>): job is FinishedJob<R> =>
  job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled';

type Happened = {
  /** The same in the log, in a stream and in a webhook. */
  readonly id: string;
  /** type/id */
  readonly job: string;
  readonly generation: number;
  readonly attempt: number;
  readonly at: string;
  readonly startedAt?: string;
  readonly worker: string;
  /** Where it stands in the log, and the command that it is about. */
  readonly position: string;
  readonly command: string;
  /** What to give as `after`, to go on behind it. */
  readonly lastEventId: string;
};

/** What happened to a job. */
export type JobEvent<R = unknown> =
  | (Happened & { readonly kind: 'succeeded'; readonly result: R })
  | (Happened & { readonly kind: 'progressed'; readonly progress: Progress })
  | (Happened & { readonly kind: 'scheduled'; readonly dueAt: string })
  | (Happened & { readonly kind: 'retrying'; readonly dueAt: string; readonly error: Problem })
  | (Happened & { readonly kind: 'failed' | 'dead' | 'rejected'; readonly error: Problem })
  | (Happened & { readonly kind: 'started' })
  | (Happened & { readonly kind: 'cancelled'; readonly error?: Problem });

/** After these nothing more happens to a generation of a job. */
export const terminalKinds: ReadonlySet<JobEvent['kind']> = new Set(['succeeded', 'failed', 'cancelled', 'dead']);

export const jobPath = ({ type, id }: JobName): string => `jobs/${encodeURIComponent(type)}/${encodeURIComponent(id)}`;
