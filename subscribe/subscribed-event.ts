// An event as a subscriber is told it: the members and the id that it has over HTTP, so that whoever hears an event twice, here and in a
// stream, knows; and beside them what a subscriber would otherwise take apart. tell-event.ts makes it.
import type { ResultOf } from '../client/job-types.ts';
import type { Problem } from '../client/problem-error.ts';
import type { Progress } from '../schemas/progress.ts';

/** Times are RFC 3339 in UTC. */
type Happened<T> = {
  /** The same in the log, in a stream and in a webhook. */
  readonly id: string;
  /** type/jobId */
  readonly job: string;
  /** Empty where a record was no command at all: only a `dead` event says so. */
  readonly type: T;
  readonly jobId: string;
  /** Counts redrives from 0. */
  readonly generation: number;
  /** Counts runs from 1. */
  readonly attempt: number;
  /** Ordering key. */
  readonly key: string;
  readonly submittedAt: string;
  readonly at: string;
  readonly startedAt?: string;
  readonly worker: string;
  /** Where it stands in the log, and the command that it is about: topic/partition@offset. */
  readonly position: string;
  readonly command: string;
  /** W3C trace context. */
  readonly traceparent?: string;
};

/** What happened to a job. `R` is what its function returns, `T` the name of its type. */
export type SubscribedEvent<R = unknown, T extends string = string> =
  | (Happened<T> & { readonly kind: 'succeeded'; readonly result: R })
  | (Happened<T> & { readonly kind: 'progressed'; readonly progress: Progress })
  | (Happened<T> & { readonly kind: 'scheduled'; readonly dueAt: string })
  | (Happened<T> & { readonly kind: 'retrying'; readonly dueAt: string; readonly error: Problem })
  | (Happened<T> & { readonly kind: 'failed' | 'dead' | 'rejected'; readonly error: Problem })
  | (Happened<T> & { readonly kind: 'started' })
  | (Happened<T> & { readonly kind: 'cancelled'; readonly error?: Problem });

/** Of every name that a map has; of any, without one. */
export type EventIn<Jobs> = [keyof Jobs] extends [never]
  ? SubscribedEvent
  : { [N in keyof Jobs & string]: SubscribedEvent<ResultOf<Jobs, N>, N> }[keyof Jobs & string];
