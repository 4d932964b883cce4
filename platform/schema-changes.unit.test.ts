import { expect, test } from 'vitest';
import { commandSchema } from '../schemas/command.ts';
import { schemaChanges } from './schema-changes.ts';

const parcel = { type: 'object', required: ['weight', 'note'], properties: { weight: { type: 'number' } } };

test('the same schema has no changes, in whatever order its fields are written', () => {
  const { properties, required, type } = parcel;
  expect(schemaChanges(parcel, { properties, required: required.toReversed(), type })).toEqual([]);
});

test('a JSON Schema: a new required field, a field of another type, one that is gone', () => {
  const after = { type: 'object', required: ['weight', 'street'], properties: { weight: { type: 'string' } } };
  expect(schemaChanges(parcel, after)).toEqual([
    '/required/"note": removed',
    '/required/"street": added',
    '/properties/weight/type: "number" became "string"',
  ]);
});

test('Avro: fields are known by their names', () => {
  const before = JSON.parse(JSON.stringify(commandSchema));
  const after = structuredClone(before);
  after.fields.splice(1, 1);
  after.fields.unshift({ name: 'lane', type: 'string' });
  expect(schemaChanges(before, after)).toEqual(['/fields/type: removed', '/fields/lane: added']);
});
