import fc from 'fast-check';
import Type, { type TSchema } from 'typebox';
import { expect, test } from 'vitest';
import { changeFields, personalFaults, personalFieldsOf, subjectOf } from './personal-fields.ts';

const personal = { personal: true };
const name = Type.String(personal);
const subject = '/customer';
const customer = Type.String();
const none = Type.Null();

/** Pointers of what is personal in a value. */
function pointersIn(schema: TSchema, value: unknown): string[] {
  const fields = personalFieldsOf(schema, subject);
  const found: string[] = [];
  if (fields !== null) changeFields(value, fields, (_, pointer) => found.push(pointer));
  return found;
}

test.each<[string, TSchema, unknown, string[]]>([
  ['a member', Type.Object({ customer, name }), { customer: '7', name: 'Ann' }, ['/name']],
  ['one that is not there', Type.Object({ customer, name: Type.Optional(name) }), { customer: '7' }, []],
  ['within another object', Type.Object({ a: Type.Object({ 'b/c': name }) }), { a: { 'b/c': 'x', d: 1 } }, ['/a/b~1c']],
  ['elements of an array', Type.Object({ all: Type.Array(name) }), { all: ['a', 'b'] }, ['/all/0', '/all/1']],
  [
    'in elements',
    Type.Object({ all: Type.Array(Type.Object({ name })) }),
    { all: [{ name: 'a', n: 1 }] },
    ['/all/0/name'],
  ],
  ['of a tuple, one', Type.Object({ pair: Type.Tuple([customer, name]) }), { pair: ['7', 'Ann'] }, ['/pair/1']],
  [
    'of a record',
    Type.Object({ by: Type.Record(Type.String(), name) }),
    { by: { a: 'x', b: 'y' } },
    ['/by/a', '/by/b'],
  ],
  ['of one of two', Type.Object({ who: Type.Union([name, Type.Object({ name })]) }), { who: { name: 'a' } }, ['/who']],
  [
    'of all of them',
    Type.Intersect([Type.Object({ name }), Type.Object({ n: customer })]),
    { name: 'a', n: '' },
    ['/name'],
  ],
  ['a whole object', Type.Object({ who: Type.Object({ name }, personal) }), { who: { name: 'a' } }, ['/who']],
  ['what is no object at all', Type.Object({ who: Type.Object({ name }) }), { who: 'Ann' }, []],
])('%s', (_, schema, value, expected) => {
  expect(pointersIn(schema, value)).toEqual(expected);
});

test('what is not personal stays as it is, whatever it is called', () => {
  const schema = Type.Object({ customer, name });
  const fields = personalFieldsOf(schema, subject);
  if (fields === null) throw new Error('it has one');
  const value = JSON.parse('{"customer":"7","name":"Ann","__proto__":{"name":"x"},"personal":true}');
  const changed = changeFields(value, fields, (one) => `<${one}>`);
  expect(JSON.stringify(changed)).toBe('{"customer":"7","name":"<Ann>","__proto__":{"name":"x"},"personal":true}');
  expect(value.name, 'a value that is given is left alone').toBe('Ann');
});

test('to change and to change back is to have the same', () => {
  const schema = Type.Object({ customer, all: Type.Array(Type.Object({ name, more: Type.Unknown(personal) })) });
  const fields = personalFieldsOf(schema, subject);
  if (fields === null) throw new Error('it has some');
  const payload = fc.record({ customer: fc.string(), all: fc.array(fc.dictionary(fc.string(), fc.jsonValue())) });
  fc.assert(
    fc.property(payload, (value) => {
      const there = changeFields(value, fields, (one) => ({ was: one }));
      const back = changeFields(there, fields, (one) => (one as { was: unknown }).was);
      expect(JSON.stringify(back)).toBe(JSON.stringify(value));
    }),
  );
});

test.each<[string, TSchema, TSchema, string | null, RegExp]>([
  ['fields of nobody', Type.Object({ name }), none, null, /say whose they are/],
  ['a subject of nothing', Type.Object({ customer }), none, subject, /mark a field of payload/],
  ['a subject that is no pointer', Type.Object({ customer, name }), none, 'customer', /must be the JSON Pointer/],
  ['a subject that is not there', Type.Object({ name }), none, subject, /a member of payload/],
  [
    'a mark that no path leads to',
    Type.Cyclic({ Node: Type.Object({ customer, name, next: Type.Optional(Type.Ref('Node')) }) }, 'Node'),
    ...([none, subject, /behind a \$ref/] as const),
  ],
  ['a result', Type.Object({ customer, name }), Type.Object({ name }), subject, /only those of a payload/],
])('%s is refused', (_, payload, result, pointer, message) => {
  expect(personalFaults(payload, result, pointer).join('; ')).toMatch(message);
});

test.each<[TSchema, string | null]>([
  [Type.Object({ customer, name }), subject],
  [Type.Object({ of: Type.Object({ customer: Type.Integer() }), name }), '/of/customer'],
  [Type.Union([Type.Object({ customer, name }), Type.Object({ customer })]), subject],
  [Type.Object({ customer, personal: Type.Boolean() }), null],
])('%j whose subject is %s is not', (payload, pointer) => {
  expect(personalFaults(payload, none, pointer)).toEqual([]);
});

test('a subject is a name or a number of somebody', () => {
  expect(subjectOf({ customer: 'c-7' }, { subject })).toBe('c-7');
  expect(subjectOf({ customer: 7 }, { subject })).toBe('7');
  for (const other of [undefined, '', 'x'.repeat(201), 1.5, null, {}])
    expect(() => subjectOf({ customer: other }, { subject })).toThrow(/names whose the personal fields are/);
});
