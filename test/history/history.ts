// The recorded history of the log: every version that a schema of it has had, with records as a producer of that version wrote them and
// what they were read as when they were recorded (log/<schema>.<version>.jsonl). add.ts writes it; nothing is ever changed in it.
import { readdirSync, readFileSync } from 'node:fs';
import avro from 'avsc';
import { createDecoder, type SchemaById, UndecodableError } from '../../platform/wire-format.ts';
import type { DeadLetterPart } from '../../projections/dead-letters.ts';
import { createFold } from '../../projections/fold.ts';
import { type Cancel, cancelSchema, cancelType } from '../../schemas/cancel.ts';
import { type Command, commandSchema, commandType } from '../../schemas/command.ts';
import { commandFault } from '../../schemas/command-fault.ts';
import { eventSchema, eventType, type JobEvent } from '../../schemas/event.ts';
import { type Fence, fenceSchema, fenceType } from '../../schemas/fence.ts';
import { type Setting, settingSchema, settingType } from '../../schemas/setting.ts';
import { topicNames } from '../../schemas/topics.ts';

export const currentSchemas = {
  ...{ command: commandSchema, event: eventSchema, fence: fenceSchema, cancel: cancelSchema, setting: settingSchema },
} as const;
export type SchemaName = keyof typeof currentSchemas;
export const schemaNames: readonly SchemaName[] = ['command', 'event', 'fence', 'cancel', 'setting'];

type Fields = Record<string, unknown>;
export type AvroSchema = { name: string; fields: { name: string; type: unknown }[] };

/** What a record is read as: its value, what it says of a job's status, and what it says of a dead letter. */
export type Reading = { reads: Fields; status?: Fields; deadLetter?: Fields };

/** Of partition 0. `value` is base64, and so are bytes in what it is read as; `at` is the record's time. */
export type HistoryRecord = Reading & {
  topic: string;
  offset: number;
  at: number;
  key: string;
  headers: Record<string, string>;
  value: string;
};

export type Version = { name: SchemaName; version: number; id: number; schema: AvroSchema; records: HistoryRecord[] };

const folder = new URL('log/', import.meta.url);
export const fileOf = (name: SchemaName, version: number) => new URL(`${name}.${version}.jsonl`, folder);

/** In order, the first one first. @throws Error where one is missing */
export function versionsOf(name: SchemaName): Version[] {
  const count = readdirSync(folder).filter((file) => file.startsWith(`${name}.`)).length;
  return Array.from({ length: count }, (_, n) => {
    const [first = '', ...lines] = readFileSync(fileOf(name, n + 1), 'utf8')
      .trimEnd()
      .split('\n');
    const { id, schema } = JSON.parse(first) as Pick<Version, 'id' | 'schema'>;
    return { name, version: n + 1, id, schema, records: lines.map((line) => JSON.parse(line) as HistoryRecord) };
  });
}

export const wholeHistory = (): Version[] => schemaNames.flatMap(versionsOf);

/** In the order of their topic. */
export const recordsIn = (topic: string, versions: Version[]): HistoryRecord[] =>
  versions
    .flatMap(({ records }) => records)
    .filter((record) => record.topic === topic)
    .toSorted((a, b) => a.offset - b.offset);

/** The id that stands in the records; a registry gives others. */
export const idOf = (name: SchemaName, version: number): number => (schemaNames.indexOf(name) + 1) * 100 + version;

export const typeOf = (schema: AvroSchema): avro.Type => avro.Type.forSchema(structuredClone(schema) as avro.Schema);

/** No version of a schema is another one for its `doc` alone. */
export const withoutDoc = (schema: object): AvroSchema =>
  JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === 'doc' ? undefined : value)));

/** As it stands in a file: bytes as base64, nothing undefined. */
export const asJson = (value: object): Fields =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) => {
      // JSON.stringify has called Buffer's own toJSON before.
      const bytes = part as { type?: unknown; data?: unknown } | null;
      if (bytes?.type !== 'Buffer' || !Array.isArray(bytes.data)) return part;
      return { base64: Buffer.from(bytes.data as number[]).toString('base64') };
    }),
  );

export const serve =
  (versions: Version[]): SchemaById =>
  async (id) => {
    const found = versions.find((version) => version.id === id);
    if (found === undefined) throw new UndecodableError(`there is no schema ${id}`);
    return found.schema;
  };

const noOwnId = -1;

/** Reads records as a process of the current version does. */
export function createReading(schemaById: SchemaById) {
  const readers = {
    command: createDecoder<Command>(commandType, noOwnId, schemaById, commandFault),
    event: createDecoder<JobEvent>(eventType, noOwnId, schemaById),
    fence: createDecoder<Fence>(fenceType, noOwnId, schemaById),
    cancel: createDecoder<Cancel>(cancelType, noOwnId, schemaById),
    setting: createDecoder<Setting>(settingType, noOwnId, schemaById),
  };
  const topics = topicNames('putlog');
  let dead: DeadLetterPart[] = [];
  const fold = createFold(
    { eventsTopic: topics.events, readCommand: readers.command, readEvent: readers.event },
    (part) => dead.push(part),
    () => undefined,
  );

  return async (
    name: SchemaName,
    { topic, offset, at, headers, value }: Omit<HistoryRecord, keyof Reading>,
  ): Promise<Reading & { decoded: object }> => {
    const bytes = Buffer.from(value, 'base64');
    const decoded = await readers[name](bytes);
    const reading: Reading & { decoded: object } = { decoded, reads: asJson(decoded) };
    if (topic === topics.cancels || topic === topics.settings) return reading;
    dead = [];
    const message = { value: bytes, headers, offset: String(offset), timestamp: String(at) };
    const status = await fold(topic, 0, message);
    if (status !== undefined) reading.status = asJson(status);
    if (dead[0] !== undefined) reading.deadLetter = asJson(dead[0]);
    return reading;
  };
}
