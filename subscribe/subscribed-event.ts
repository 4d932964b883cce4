// An event as a subscriber is told it: the members and the id that it has over HTTP, and beside them what a subscriber would otherwise
// take apart. Made of a record of the log in one place, so that whoever hears an event twice, here and in a stream, knows.
import type { ResultOf } from '../client/job-types.ts';
import type { Problem } from '../client/problem-error.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { JobEvent } from '../schemas/event.ts';
import { jobKey } from '../schemas/job-status.ts';
import { type Position, positionText } from '../schemas/position.ts';
import type { Progress } from '../schemas/progress.ts';
import { headerText } from './interest.ts';

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

const iso = (at: number) => new Date(at).toISOString();
const time = (name: string, at: number | null) => (at === null ? {} : { [name]: iso(at) });

/** @throws UndecodableError where what should be JSON is none */
function parsed(name: string, text: string | null): object {
  if (text === null) return {};
  try {
    return { [name]: JSON.parse(text) };
  } catch (error) {
    throw new UndecodableError(`its ${name} is not JSON`, { cause: error });
  }
}

/** @throws UndecodableError */
export function subscribedEvent(event: JobEvent, { headers }: FetchedRecord, position: Position): SubscribedEvent {
  const { kind, type, generation, attempt, key, worker, submittedAt, at, startedAt, dueAt, command } = event;
  const where = positionText(position);
  const traceparent = headerText(headers.traceparent);
  return {
    ...{ id: headerText(headers.ce_id) ?? where, kind, job: jobKey(type, event.id), type, jobId: event.id },
    ...{ generation, attempt, key, submittedAt: iso(submittedAt), at: iso(at), ...time('startedAt', startedAt) },
    ...{ ...time('dueAt', dueAt), worker, position: where, command: positionText(command) },
    ...parsed('progress', event.progress),
    ...parsed('result', event.result),
    ...parsed('error', event.error),
    ...(traceparent !== undefined && { traceparent }),
    // What goes with which kind is the writer's promise; the compiler sees members that may be there.
  } as SubscribedEvent;
}
