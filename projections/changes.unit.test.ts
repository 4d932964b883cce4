// Changes of a document are gathered: whatever their order, and however they are split into flushes, the same comes of them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../schemas/define-projection.ts';
import { createChanges } from './changes.ts';

const drained = (changes: readonly Change[]) => {
  const gathered = createChanges();
  for (const change of changes) gathered.add(change);
  return gathered.drain(null);
};

test('one update a document: sums, the greatest, the smallest, and the latest of what is set', () => {
  const at = new Date(1_000);
  expect(
    drained([
      { id: 'a', add: { n: 1, 'by.x': 2 }, max: { most: 3 }, min: { least: 3 }, set: { last: 'one', kept: true } },
      { id: 'b', add: { n: 5 } },
      { id: 'a', add: { n: 2 }, max: { most: 1 }, min: { least: 1 }, set: { last: 'two' }, expiresAt: at },
      { id: 'c' },
    ]),
  ).toEqual([
    {
      id: 'a',
      update: {
        $inc: { n: 3, 'by.x': 2 },
        $max: { most: 3 },
        $min: { least: 1 },
        $set: { last: 'two', kept: true, expiresAt: at },
      },
    },
    { id: 'b', update: { $inc: { n: 5 } } },
    { id: 'c', update: { $setOnInsert: {} } },
  ]);
});

test('what one flush changes in a document is rolled up once, and a flush begins anew', () => {
  const gathered = createChanges();
  for (const n of [1, 2, 3]) gathered.add({ id: `minute-${n % 2}`, add: { n } });
  const seen: Change[] = [];
  const rolled = gathered.drain((change) => {
    seen.push(change);
    return [{ id: 'all', ...(change.add && { add: change.add }) }];
  });
  expect(seen.map(({ id, add }) => [id, add])).toEqual([
    ['minute-1', { n: 4 }],
    ['minute-0', { n: 2 }],
  ]);
  expect(rolled.find(({ id }) => id === 'all')?.update).toEqual({ $inc: { n: 6 } });
  expect([gathered.size, gathered.drain(null)]).toEqual([0, []]);
});

test('the sums of any split are those of the whole', () => {
  const change = fc.record({
    id: fc.constantFrom('a', 'b'),
    add: fc.dictionary(fc.constantFrom('n', 'm.x'), fc.integer({ min: -9, max: 9 })),
    max: fc.dictionary(fc.constantFrom('top'), fc.integer({ min: -9, max: 9 })),
  });
  const applied = (flushes: readonly (readonly Change[])[]) => {
    const documents = new Map<string, Record<string, number>>();
    for (const { id, update } of flushes.flatMap(drained)) {
      const document = documents.get(id) ?? {};
      for (const [name, by] of Object.entries(update.$inc ?? {})) document[name] = (document[name] ?? 0) + Number(by);
      for (const [name, to] of Object.entries(update.$max ?? {}))
        document[name] = Math.max(document[name] ?? Number.NEGATIVE_INFINITY, Number(to));
      documents.set(id, document);
    }
    return documents;
  };
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.nat(40), (changes, at) => {
      expect(applied([changes.slice(0, at), changes.slice(at)])).toEqual(applied([changes]));
    }),
  );
});

test('memory is bounded by what is set, too', () => {
  const gathered = createChanges();
  gathered.add({ id: 'a', set: { text: 'x'.repeat(1_000_000) } });
  expect(gathered.size).toBeGreaterThan(200);
  gathered.clear();
  expect(gathered.size).toBe(0);
});

test.each<[string, object]>([
  ['the id of a change', { id: '' }],
  ['the id of a change', { id: 7 }],
  ['"$n" cannot be the path', { id: 'a', add: { $n: 1 } }],
  ['"a..b" cannot be the path', { id: 'a', set: { 'a..b': 1 } }],
  ['"a.$b" cannot be the path', { id: 'a', set: { 'a.$b': 1 } }],
  ['"_id" cannot be the path', { id: 'a', set: { _id: 1 } }],
  ['"expiresAt" cannot be the path', { id: 'a', set: { expiresAt: 1 } }],
  ['"n" must be changed by a number', { id: 'a', add: { n: '1' } }],
  ['"n" must be changed by a number', { id: 'a', max: { n: Number.NaN } }],
  ['"n" cannot be set to undefined', { id: 'a', set: { n: undefined } }],
  ['expiresAt must be a date', { id: 'a', expiresAt: 'soon' }],
])('what is no change is refused: %s', (message, change) => {
  expect(() => createChanges().add(change as Change)).toThrow(message);
});
