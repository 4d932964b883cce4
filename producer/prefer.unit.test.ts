import { expect, test } from 'vitest';
import { preferenceApplied, preferencesOf } from './prefer.ts';

const none = { respondAsync: false };

test.each([
  [undefined, none],
  ['', none],
  ['wait=10', { waitMs: 10_000, respondAsync: false }],
  ['Wait = 10', { waitMs: 10_000, respondAsync: false }],
  ['wait="10"', { waitMs: 10_000, respondAsync: false }],
  ['wait=0', { waitMs: 0, respondAsync: false }],
  ['respond-async', { respondAsync: true }],
  ['respond-async=""', { respondAsync: true }],
  ['respond-async; foo="a,b", wait=5', { waitMs: 5_000, respondAsync: true }],
  ['handling=strict', { ...none, handling: 'strict' }],
  ['HANDLING=lenient;x', { ...none, handling: 'lenient' }],
  // The first counts, also where it cannot be read.
  ['wait=1, wait=2', { waitMs: 1_000, respondAsync: false }],
  ['wait=soon, wait=2', none],
  ['handling=strict, handling=lenient', { ...none, handling: 'strict' }],
  // A comma, and what stands in quotes, is no preference of its own.
  ['foo="wait=9, respond-async", wait=3', { waitMs: 3_000, respondAsync: false }],
  ['foo="a \\" , wait=9", wait=3', { waitMs: 3_000, respondAsync: false }],
  [['wait=4', 'handling=strict'], { waitMs: 4_000, respondAsync: false, handling: 'strict' }],
  // Nothing of it is a preference of ours.
  ['wait', none],
  ['wait=', none],
  ['wait=-1', none],
  ['wait=1.5', none],
  ['wait=99999999999', none],
  ['wait=1 2', none],
  ['handling=harsh', none],
  ['return=minimal', none],
  [', ,;;,="x", wait=2', { waitMs: 2_000, respondAsync: false }],
  ['"unclosed, wait=2', none],
])('%j', (header, expected) => {
  expect(preferencesOf(header)).toEqual(expected);
});

test('what was done of it', () => {
  expect(preferenceApplied({})).toBeUndefined();
  expect(preferenceApplied({ respondAsync: false })).toBeUndefined();
  expect(preferenceApplied({ respondAsync: true, waitMs: 30_000, handling: 'strict' })).toBe(
    'respond-async, wait=30, handling=strict',
  );
  expect(preferenceApplied({ waitMs: 0 })).toBe('wait=0');
});
