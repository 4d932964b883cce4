// Invariant: whatever version of a schema a record was written with, it is read as it always was, and says of its job what it always said.
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isAccessKey } from '../../schemas/access-key.ts';
import { isLimit } from '../../schemas/limit.ts';
import { isSchedule } from '../../schemas/schedule.ts';
import {
  asJson,
  createReading,
  currentSchemas,
  idOf,
  recordsIn,
  schemaNames,
  serve,
  typeOf,
  type Version,
  versionsOf,
  wholeHistory,
  withoutDoc,
} from './history.ts';

const history = wholeHistory();
const read = createReading(serve(history));
const versions = history.map((version): [string, Version] => [`${version.name} ${version.version}`, version]);

const kindsOf = ({ schema }: Version): string[] => {
  const type = schema.fields.find(({ name }) => name === 'kind')?.type as { symbols?: string[] } | undefined;
  return type?.symbols ?? [];
};

/** By way of every version in between, each of which adds its defaults. */
function stepByStep(bytes: Buffer, { name, version, schema }: Version): object {
  const later = versionsOf(name)
    .slice(version)
    .map((one) => typeOf(one.schema));
  let type = typeOf(schema);
  let value = type.fromBuffer(bytes.subarray(5));
  for (const next of later) {
    value = next.fromBuffer(type.toBuffer(value), next.createResolver(type));
    type = next;
  }
  return value;
}

test.each(schemaNames)(
  'the %s schema of today is the last one that is recorded: else run `npm run history`',
  (name) => {
    expect(withoutDoc(versionsOf(name).at(-1)?.schema ?? {})).toEqual(withoutDoc(currentSchemas[name]));
  },
);

describe.each(versions)('%s', (_, version) => {
  test('is read as when it was recorded; what it did not have has the default that it came with', async () => {
    for (const record of version.records) {
      const { decoded, ...now } = await read(version.name, record);
      const { reads, status, deadLetter } = record;
      expect(now).toMatchObject({ reads, ...(status && { status }), ...(deadLetter && { deadLetter }) });
      expect(Object.keys(now)).toEqual(['reads', ...(status ? ['status'] : []), ...(deadLetter ? ['deadLetter'] : [])]);
      expect(now.reads).toEqual(asJson(stepByStep(Buffer.from(record.value, 'base64'), version)));
    }
  });

  test('has a record of every kind, under its id', () => {
    const kinds = new Set(version.records.map(({ reads }) => reads.kind));
    for (const kind of kindsOf(version)) expect(kinds).toContain(kind);
    expect(version.records).not.toEqual([]);
    expect(version.id).toBe(idOf(version.name, version.version));
    for (const { value } of version.records) expect(Buffer.from(value, 'base64').readUInt32BE(1)).toBe(version.id);
  });

  test('is read by the version before it, unless it has a kind that is new', () => {
    const before = versionsOf(version.name)[version.version - 2];
    if (before === undefined) return;
    const [older, newer] = [typeOf(before.schema), typeOf(version.schema)];
    if (kindsOf(version).some((kind) => !kindsOf(before).includes(kind)))
      return expect(() => older.createResolver(newer)).toThrow(/cannot read "putlog\.\w+Kind"/);
    const resolver = older.createResolver(newer);
    for (const { value } of version.records) {
      const body = Buffer.from(value, 'base64').subarray(5);
      expect(asJson(newer.fromBuffer(body))).toMatchObject(asJson(older.fromBuffer(body, resolver)));
    }
  });
});

test('each topic is a log without a gap', () => {
  for (const topic of new Set(history.flatMap(({ records }) => records.map((record) => record.topic))))
    expect(recordsIn(topic, history).map(({ offset }) => offset)).toEqual(recordsIn(topic, history).map((_, n) => n));
});

test('a setting of every kind is still one', () => {
  const found = versionsOf('setting').flatMap(({ records }) => records.map(({ reads }) => reads));
  const valuesOf = (kind: string) =>
    found.flatMap(({ name, value }) =>
      String(name).startsWith(`${kind}/`) && value !== null ? [JSON.parse(String(value)) as unknown] : [],
    );
  for (const [kind, is] of [
    ['queue', (value: unknown) => isDeepStrictEqual(value, { paused: true })],
    ['limit', isLimit],
    ['schedule', isSchedule],
    ['key', isAccessKey],
  ] as const) {
    expect(valuesOf(kind)).not.toEqual([]);
    for (const value of valuesOf(kind)) expect(value).toSatisfy(is);
  }
});
