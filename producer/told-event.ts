// An event as clients are told it: as JSON, in the style of a job's status, and as one frame of an event stream, each made once however
// many are told. The id of a frame says where the event stands, so that a stream resumes behind it without a search.
import { headerOf } from '../platform/batch-record.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { type EventKind, eventKinds, type JobEvent, terminalKinds } from '../schemas/event.ts';
import { jobKey } from '../schemas/job-status.ts';
import { type Position, positionText } from '../schemas/position.ts';

/** `name` is `<type>/<id>`; `position` of the event itself. */
export type ToldEvent = {
  name: string;
  event: JobEvent;
  position: Position;
  terminal: boolean;
  /** JSON text on one line. */
  json: () => string;
  /** Of `text/event-stream`. */
  frame: () => Buffer;
};

const typePrefix = 'putlog.job.';
/** By `ce_type`, so that what nobody asked for needs no decoding. */
const kindsByType = new Map<string, EventKind>(eventKinds.map((kind) => [`${typePrefix}${kind}`, kind]));

/** Undefined: the record is no event of a job (a fence, or somebody else's). */
export const kindOf = (record: FetchedRecord): EventKind | undefined =>
  kindsByType.get(headerOf(record, 'ce_type') ?? '');

const iso = (at: number) => new Date(at).toISOString();
const member = (name: string, text: string | null) => (text === null ? '' : `,"${name}":${text}`);
const time = (name: string, at: number | null) => member(name, at === null ? null : `"${iso(at)}"`);
/** Between the tokens of JSON a line break means what a space does, and it would end a line of the stream. */
const oneLine = (json: string): string => (/[\r\n]/.test(json) ? json.replace(/[\r\n]+/g, ' ') : json);

function jsonOf(event: JobEvent, id: string, position: Position): string {
  const { kind, type, generation, attempt, at, startedAt, dueAt, worker, command } = event;
  return oneLine(
    `{"id":${JSON.stringify(id)},"kind":"${kind}","job":${JSON.stringify(jobKey(type, event.id))}` +
      `,"generation":${generation},"attempt":${attempt},"at":"${iso(at)}"` +
      `${time('startedAt', startedAt)}${time('dueAt', dueAt)},"worker":${JSON.stringify(worker)}` +
      `,"position":"${positionText(position)}","command":"${positionText(command)}"` +
      `${member('progress', event.progress)}${member('result', event.result)}${member('error', event.error)}}`,
  );
}

const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

export function toldEvent(event: JobEvent, record: FetchedRecord, topic: string, partition: number) {
  const { offset } = record;
  const position = { topic, partition, offset };
  // What somebody else wrote may have none, or one that would end its line.
  const id = (headerOf(record, 'ce_id') ?? positionText(position)).replace(/[\r\n\0]/g, '');
  const json = once(() => jsonOf(event, id, position));
  const frame = once(() => Buffer.from(`id: ${id}@${offset}\nevent: ${event.kind}\ndata: ${json()}\n\n`));
  const told: ToldEvent = {
    ...{ name: jobKey(event.type, event.id), event, position, json, frame },
    terminal: terminalKinds.has(event.kind),
  };
  return told;
}

const lastId = /^(.+)\/(\d{1,9})\.\d{1,9}\/([a-z]+)(?:\/[^/@]*)?@(\d{1,15})$/;

/** What a client has heard last. */
export type LastHeard = { offset: number; generation: number; terminal: boolean };

/** Reads `Last-Event-ID`. Undefined: it is none of this job, and counts as none. @param name `<type>/<id>` */
export function lastHeardOf(header: string | readonly string[] | undefined, name: string): LastHeard | undefined {
  const [, subject, generation, kind, offset] = lastId.exec(String(header ?? '')) ?? [];
  if (subject !== name) return undefined;
  const known = eventKinds.find((one) => one === kind);
  return {
    offset: Number(offset),
    generation: Number(generation),
    terminal: known !== undefined && terminalKinds.has(known),
  };
}
