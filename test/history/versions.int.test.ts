// What the registry takes as the next version of a schema and what it refuses, and that versions beside each other read one another.
import Type from 'typebox';
import { describe, expect, inject, test } from 'vitest';
import { createRegistry, IncompatibleSchemaError } from '../../platform/registry.ts';
import { createDecoder, encodeWire, UndecodableError } from '../../platform/wire-format.ts';
import { commandSchema } from '../../schemas/command.ts';
import { eventSchema } from '../../schemas/event.ts';
import { silent as log, randomName } from '../stack/log.ts';
import { typeOf } from './history.ts';
import { commandSamples, eventSamples } from './samples.ts';

const open = () => createRegistry({ url: inject('stack').registryUrl, log });
const withFields = (fields: object[]) => ({ ...eventSchema, fields }) as typeof eventSchema;
const { fields } = eventSchema;
const changed = (name: string, change: object) =>
  fields.map((one) => (one.name === name ? { ...one, ...change } : one));
const added = { name: 'region', type: 'string', default: 'here' };

describe.each([
  { name: 'event', schema: eventSchema, values: eventSamples(1).map(({ value }): object => value) },
  { name: 'command', schema: commandSchema, values: commandSamples(1).map(({ value }): object => value) },
])('$name: a field is added with a default', ({ schema, values }) => {
  const next = { ...schema, fields: [...schema.fields.slice(0, 3), added, ...schema.fields.slice(3)] };
  const [now, then] = [typeOf(schema), typeOf(next)];

  test('what either version writes the other one reads, by the id alone', async () => {
    const subject = randomName('history');
    const [nowId, thenId] = [await open().registerAvro(subject, schema), await open().registerAvro(subject, next)];
    expect(thenId).not.toBe(nowId);
    const older = createDecoder<object>(now, nowId, open().schemaById);
    const newer = createDecoder<object>(then, thenId, open().schemaById);
    for (const value of values) {
      expect(await older(encodeWire(then, thenId, { ...value, region: 'there' }))).toEqual(value);
      expect(await newer(encodeWire(now, nowId, value))).toEqual({ ...value, region: 'here' });
    }
  });

  test('a process of the version before still starts, under the id that it had', async () => {
    const subject = randomName('history');
    const id = await open().registerAvro(subject, schema);
    await open().registerAvro(subject, next);
    expect(await open().registerAvro(subject, schema)).toBe(id);
  });
});

async function answerTo(before: object, after: object): Promise<'taken' | Error> {
  const subject = randomName('history');
  await open().registerAvro(subject, before);
  return open()
    .registerAvro(subject, after)
    .then(
      () => 'taken' as const,
      (error: unknown) => (error instanceof IncompatibleSchemaError ? error : Promise.reject(error)),
    );
}

const kindType = { type: 'enum', name: 'EventKind' };
const symbols = eventSamples(1).map(({ value }) => value.kind);
const kinds = [...new Set(symbols)];

describe('a breaking change of events is refused, and the field is named', () => {
  test.each([
    ['added without a default', [...fields, { name: 'region', type: 'string' }], '/fields/region: added'],
    ['retyped', changed('worker', { type: 'int' }), '/fields/worker/type: "string" became "int"'],
    ['renamed', changed('worker', { name: 'process' }), '/fields/worker: removed; /fields/process: added'],
    ['a kind less', changed('kind', { type: { ...kindType, symbols: kinds.slice(1) } }), '/fields/kind/type/symbols/'],
  ])('%s', async (_, after, named) => {
    const refused = await answerTo(eventSchema, withFields(after));
    expect(refused).toBeInstanceOf(IncompatibleSchemaError);
    expect(String(refused)).toContain(named);
  });
});

describe('what the registry takes although it breaks something: history.unit.test.ts refuses it, or the order of a deployment heeds it', () => {
  test('a field is removed: the version before cannot read what comes', async () => {
    const after = withFields(fields.filter(({ name }) => name !== 'worker'));
    expect(await answerTo(eventSchema, after)).toBe('taken');
    expect(() => typeOf(eventSchema).createResolver(typeOf(after))).toThrow(/worker/);
  });

  test('a default is taken away one version later: the rule looks at the last version alone', async () => {
    const subject = randomName('history');
    const last = withFields([...fields, { name: 'region', type: 'string' }]);
    for (const schema of [eventSchema, withFields([...fields, added]), last])
      await open().registerAvro(subject, schema);
    expect(() => typeOf(last).createResolver(typeOf(eventSchema))).toThrow(/region/);
  });

  test('a kind is added: the version before can read no record of it, whatever its kind', async () => {
    const subject = randomName('history');
    const after = withFields(changed('kind', { type: { ...kindType, symbols: [...kinds, 'paused'] } }));
    const [id, afterId] = [await open().registerAvro(subject, eventSchema), await open().registerAvro(subject, after)];
    const [first] = eventSamples(1);
    const older = createDecoder<object>(typeOf(eventSchema), id, open().schemaById);
    await expect(older(encodeWire(typeOf(after), afterId, first?.value))).rejects.toThrow(UndecodableError);
  });
});

describe('the payload of a job type', () => {
  const closed = { additionalProperties: false };
  const to = Type.String();
  const note = Type.Optional(Type.String());
  const size = (...sizes: string[]) => Type.Enum(sizes);

  test.each([
    ['an optional field more', Type.Object({ to }, closed), Type.Object({ to, note }, closed)],
    ['a value more', Type.Object({ size: size('s', 'm') }, closed), Type.Object({ size: size('s', 'm', 'l') }, closed)],
    ['no longer required', Type.Object({ to }, closed), Type.Object({ to: Type.Optional(to) }, closed)],
  ])('%s is taken', async (_, before, after) => {
    const subject = randomName('history');
    const id = await open().registerJson(subject, before);
    expect(await open().registerJson(subject, after)).not.toBe(id);
    expect(await open().registerJson(subject, before)).toBe(id);
  });

  test.each([
    ['a field less', Type.Object({ to, note }, closed), Type.Object({ to }, closed), '/properties/note: removed'],
    [
      'a value less',
      Type.Object({ size: size('s', 'm') }),
      Type.Object({ size: size('s') }),
      '/properties/size/enum/"m"',
    ],
    ['required by now', Type.Object({ to, note }), Type.Object({ to, note: to }), '/required/"note": added'],
    // Calls may have had anything under that name.
    ['a field more where all are allowed', Type.Object({ to }), Type.Object({ to, note }), '/properties/note: added'],
    ['closed', Type.Object({ to }), Type.Object({ to }, closed), '/additionalProperties: added'],
  ])('%s is refused, and the field is named', async (_, before, after, named) => {
    const subject = randomName('history');
    await open().registerJson(subject, before);
    const refused = open().registerJson(subject, after);
    await expect(refused).rejects.toThrow(IncompatibleSchemaError);
    await expect(refused).rejects.toThrow(named);
  });
});
