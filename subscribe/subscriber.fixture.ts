// For tests: records of events as a partition of the log has them, and how they get from there to a place.
import { pino } from 'pino';
import type { FetchedPart, FetchedRecord } from '../platform/fetched-part.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { EventKind, JobEvent } from '../schemas/event.ts';
import { createGate } from './gate.ts';
import { createTakeRecord } from './take-records.ts';

export const topic = 'test.events';
export const silent = pino({ level: 'silent' });

/** An event of job `word.count/<id>` that stands at this offset. */
export function eventAt(offset: number, id: string, fields: Partial<JobEvent> = {}): JobEvent {
  return {
    ...{ kind: 'succeeded', type: 'word.count', id, generation: 0, attempt: 1, key: `key-${id}`, digest: 'd' },
    ...{ submittedAt: 1_000, startedAt: 2_000, at: 3_000 + offset, worker: 'w' },
    ...{ command: { topic: 'test.commands.default.normal', partition: 0, offset } },
    ...{ result: '{"words":3}', error: null, original: null, progress: null, dueAt: null, payload: null },
    ...{ inPlace: false, options: null },
    ...fields,
  };
}

export function recordOf(
  offset: number,
  { kind, type, id }: { kind: EventKind; type: string; id: string },
): FetchedRecord {
  const job = `${type}/${id}`;
  return {
    ...{ offset, timestamp: 3_000 + offset, key: Buffer.from(job), value: Buffer.from(String(offset)) },
    headers: { ce_type: `putlog.job.${kind}`, ce_subject: job, ce_id: `${job}/0.1/${kind}`, traceparent: 'trace' },
  };
}

/** Jobs by name, one after the other from offset `first` on; '' is a record that cannot be decoded, '-' a fence. */
export function partOf(names: readonly string[], first = 0) {
  const events = new Map<string, JobEvent>();
  const records = names.map((name, index): FetchedRecord => {
    const offset = first + index;
    const event = eventAt(offset, name);
    if (name !== '' && name !== '-') events.set(String(offset), event);
    const record = recordOf(offset, event);
    return name === '-' ? { ...record, headers: { ce_type: 'putlog.fence' } } : record;
  });
  const part: FetchedPart = { records, next: first + names.length, end: first + names.length };
  const readEvent = (value: Buffer | null): JobEvent => {
    const event = events.get(String(value));
    if (event === undefined) throw new UndecodableError('the value begins with byte 1, not with 0');
    return event;
  };
  const interest = { types: undefined, kinds: undefined };
  return { part, take: createTakeRecord({ topic, interest, readEvent, log: silent }), gate: createGate(4) };
}
