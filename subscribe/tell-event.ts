// Makes of a record of the log the event that a subscriber is told, in one place: what is JSON in it is parsed, times are text, and its id is
// the one that it has everywhere. Whoever takes records asks it.
import { headerOf } from '../platform/batch-record.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { JobEvent } from '../schemas/event.ts';
import { jobKey } from '../schemas/job-status.ts';
import { type Position, positionText } from '../schemas/position.ts';
import type { SubscribedEvent } from './subscribed-event.ts';

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
export function subscribedEvent(event: JobEvent, record: FetchedRecord, position: Position): SubscribedEvent {
  const { kind, type, generation, attempt, key, worker, submittedAt, at, startedAt, dueAt, command } = event;
  const where = positionText(position);
  const traceparent = headerOf(record, 'traceparent');
  return {
    ...{ id: headerOf(record, 'ce_id') ?? where, kind, job: jobKey(type, event.id), type, jobId: event.id },
    ...{ generation, attempt, key, submittedAt: iso(submittedAt), at: iso(at), ...time('startedAt', startedAt) },
    ...{ ...time('dueAt', dueAt), worker, position: where, command: positionText(command) },
    ...parsed('progress', event.progress),
    ...parsed('result', event.result),
    ...parsed('error', event.error),
    ...(traceparent !== undefined && { traceparent }),
    // What goes with which kind is the writer's promise; the compiler sees members that may be there.
  } as SubscribedEvent;
}
