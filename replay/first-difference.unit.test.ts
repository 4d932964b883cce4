import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../schemas/canonical-json.ts';
import { valueAt } from '../schemas/json-pointer.ts';
import { firstDifference, valueText } from './first-difference.ts';

test.each<[unknown, unknown, ReturnType<typeof firstDifference>]>([
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, undefined],
  [1, 2, { pointer: '', was: 1, is: 2 }],
  [
    { b: 1, a: 1 },
    { b: 2, a: 2 },
    { pointer: '/a', was: 1, is: 2 },
  ],
  [{ a: [1, 2, 3] }, { a: [1, 2] }, { pointer: '/a/2', was: 3, is: undefined }],
  [
    { a: { b: { c: 1 } }, z: 1 },
    { a: { b: { c: 1, d: 2 } }, z: 2 },
    { pointer: '/a/b/d', was: undefined, is: 2 },
  ],
  [[], {}, { pointer: '', was: [], is: {} }],
  [null, {}, { pointer: '', was: null, is: {} }],
  [{ 'a/b~c': '1' }, { 'a/b~c': 1 }, { pointer: '/a~1b~0c', was: '1', is: 1 }],
  [{}, JSON.parse('{"__proto__":1}'), { pointer: '/__proto__', was: undefined, is: 1 }],
  [JSON.parse('-0'), 0, undefined],
])('%j and %j', (was, is, difference) => {
  expect(firstDifference(was, is)).toEqual(difference);
});

test('there is none exactly where canonical JSON is the same, and its pointer leads to what differs', () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(json, json, fc.boolean(), (one, other, same) => {
      const was: unknown = JSON.parse(JSON.stringify(one));
      const is: unknown = same ? JSON.parse(canonicalJson(one)) : JSON.parse(JSON.stringify(other));
      const found = firstDifference(was, is);
      expect(found === undefined).toBe(canonicalJson(was) === canonicalJson(is));
      if (found === undefined) return;
      expect([valueAt(was, found.pointer), valueAt(is, found.pointer)]).toEqual([found.was, found.is]);
    }),
  );
});

test('the order of more than ten members of a list is that of their numbers', () => {
  const was = Array.from({ length: 12 }, () => 0);
  expect(firstDifference(was, was.with(10, 1).with(2, 1))).toEqual({ pointer: '/2', was: 0, is: 1 });
});

test('however deeply they are nested', () => {
  const deep = (inner: string) => JSON.parse('['.repeat(50_000) + inner + ']'.repeat(50_000));
  expect(firstDifference(deep('1'), deep('1'))).toBeUndefined();
  expect(firstDifference(deep('1'), deep('2'))).toMatchObject({ was: 1, is: 2 });
  expect(valueText(deep('1'))).toBe('a value that is nested too deeply to be shown');
});

test('values are shown as canonical JSON, cut to sixty characters', () => {
  expect(valueText({ b: 1, a: 'x' })).toBe('{"a":"x","b":1}');
  expect(valueText(undefined)).toBe('nothing');
  expect(valueText('x'.repeat(100))).toBe(`"${'x'.repeat(59)}…`);
});
