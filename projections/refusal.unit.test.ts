import { expect, test } from 'vitest';
import type { Comparison } from './compare-versions.ts';
import type { Difference } from './difference.ts';
import { assertAccepted, RefusedError } from './refusal.ts';

const found = (...kinds: Difference['kind'][]): Comparison => ({
  ...{ compared: 100, all: true, unsettled: 0 },
  differences: kinds.map((kind, i) => ({ kind, what: `t/${i}`, fields: [] })),
});
const nothing = { allowMissing: false, acceptDifferences: false };

test('what is equal but for its retention is accepted', () => {
  expect(() => assertAccepted(found('retention', 'retention'), nothing)).not.toThrow();
});

test.each([
  [found('gone', 'gone'), nothing, /2 documents stand only in the read model.*--allow-missing/],
  [found('gone', 'differs'), { ...nothing, acceptDifferences: true }, /1 document stands only.*--allow-missing/],
  [
    found('differs', 'missing', 'unfounded'),
    nothing,
    /3 documents differ.*1 in a field, 1 missing, 1 of which.*--accept-differences/,
  ],
  [found('gone', 'missing'), { ...nothing, allowMissing: true }, /1 document differs.*--accept-differences/],
  [{ ...found(), unsettled: 4 }, nothing, /4 documents changed each time/],
])('%j with %j is refused', (comparison, options, message) => {
  expect(() => assertAccepted(comparison, options)).toThrow(message);
  expect(() => assertAccepted(comparison, options)).toThrow(RefusedError);
});

test('what was allowed is accepted', () => {
  const all = { allowMissing: true, acceptDifferences: true };
  expect(() =>
    assertAccepted({ ...found('gone', 'differs', 'missing', 'unfounded'), unsettled: 1 }, all),
  ).not.toThrow();
});
