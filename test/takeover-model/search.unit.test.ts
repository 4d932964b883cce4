// The search itself: it reaches everything, finds the shortest way, and does not stop early without saying so.
import { expect, test } from 'vitest';
import { type Model, search } from './search.ts';

const nothing = () => undefined;

/** A jug of 3 and a jug of 5 litres: fill, empty, pour. */
const jugs: Model<[number, number]> = {
  start: [0, 0],
  key: (state) => state.join(),
  steps: ([a, b]) => {
    const [toB, toA] = [Math.min(a, 5 - b), Math.min(b, 3 - a)];
    return [
      { name: 'fill 3', state: [3, b] },
      { name: 'fill 5', state: [a, 5] },
      { name: 'empty 3', state: [0, b] },
      { name: 'empty 5', state: [a, 0] },
      { name: '3 into 5', state: [a - toB, b + toB] },
      { name: '5 into 3', state: [a + toA, b - toA] },
    ];
  },
  breach: nothing,
  end: nothing,
};

test('every state is reached, once', () => {
  const found = search(jugs, 100);
  expect(found).toMatchObject({ states: 16, trace: [] });
  expect(found.breach).toBeUndefined();
  expect(found.steps.size).toBe(6);
});

test('a breach comes with a shortest trace', () => {
  const found = search({ ...jugs, breach: ([, b]) => (b === 4 ? 'four litres' : undefined) }, 100);
  expect(found.breach).toBe('four litres');
  expect(found.trace).toEqual(['fill 5', '5 into 3', 'empty 3', '5 into 3', 'fill 5', '5 into 3']);
});

test('a state without a way on is looked at as such', () => {
  const model = { start: 0, key: String, breach: nothing, end: (at: number) => `stuck at ${at}` };
  const found = search({ ...model, steps: (at) => (at < 2 ? [{ name: 'up', state: at + 1 }] : []) }, 100);
  expect(found).toMatchObject({ breach: 'stuck at 2', trace: ['up', 'up'] });
});

test('more states than allowed are an error, not a pass', () => {
  expect(() => search(jugs, 15)).toThrow('more than 15 states');
});
