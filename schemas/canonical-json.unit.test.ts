import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, digestOf } from './canonical-json.ts';
import { PutlogError } from './problem.ts';

/** The same value with the members of each object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reordered(member)]),
  );
}
/** As JSON.parse makes it: a member may be called __proto__ or toJSON. */
const parsed = fc.jsonValue({ maxDepth: 5, noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)));

test('equal values have equal texts, whatever the order of their members', () => {
  fc.assert(
    fc.property(parsed, (value) => {
      expect(canonicalJson(reordered(value))).toBe(canonicalJson(value));
    }),
  );
});

test('the text says the same as the value', () => {
  fc.assert(
    fc.property(parsed, (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(value);
    }),
  );
});

test('in an object of many members too', () => {
  const names = Array.from({ length: 1_000 }, (_, i) => `m${(i * 7_919) % 1_000}`);
  const object = (of: string[]) => Object.fromEntries(of.map((name) => [name, name.length]));
  expect(canonicalJson(object(names))).toBe(canonicalJson(object(names.toSorted())));
});

test.each([
  ['{"b":1,"a":{"d":[1,2],"c":null}}', '{"a":{"c":null,"d":[1,2]},"b":1}'],
  ['{"2":1,"10":1,"1":1}', '{"1":1,"10":1,"2":1}'],
  ['1.0', '1'],
  ['1e2', '100'],
  ['-0', '0'],
  ['"\\u00e9\\ud800"', '"é\\ud800"'],
  ['{"toJSON":1,"__proto__":2}', '{"__proto__":2,"toJSON":1}'],
])('%s: %s', (text, canonical) => {
  expect(canonicalJson(JSON.parse(text))).toBe(canonical);
});

test('nesting that cannot be written again is the fault of the request, with its cause', () => {
  const depth = 200_000;
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  const write = () => canonicalJson(value);
  expect(write).toThrow(PutlogError);
  expect(write).toThrow(expect.objectContaining({ code: 'malformed-request', cause: expect.any(RangeError) }));
});

test('the digest is SHA-256 in lower-case hex', () => {
  expect(digestOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
