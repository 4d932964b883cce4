import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

const known = ['F1', 'F2', 'F13', 'F13b'];

function read(...args: string[]) {
  let drawn = 100;
  return readArguments(args, known, () => drawn++);
}

const usual = { only: undefined, ci: false, seeds: [100], mutate: false, writeDocs: false, resume: false };

test('without arguments everything runs once, with a seed that was drawn', () => {
  expect(read()).toEqual(usual);
});

test('scenarios are chosen by their ids, in any case', () => {
  expect(read('--only', 'f1, F13')).toEqual({ ...usual, only: ['F1', 'F13'] });
  expect(read('--only', 'F13B').only).toEqual(['F13b']);
  expect(read('--ci')).toEqual({ ...usual, ci: true });
});

test('a seed is used as it is, and so many are drawn', () => {
  expect(read('--seed', '7').seeds).toEqual([7]);
  expect(read('--seeds', '3').seeds).toEqual([100, 101, 102]);
});

test('--mutate, --write-docs and --resume are heard', () => {
  expect(read('--resume')).toEqual({ ...usual, resume: true });
  expect(read('--mutate', '--write-docs')).toEqual({ ...usual, mutate: true, writeDocs: true });
});

test.each([
  [['--only', 'F1,F99'], 'there is no F99; there are F1, F2, F13, F13b'],
  [['--only', 'F1', '--ci'], 'give one of them'],
  [['--seed', '1', '--seeds', '2'], 'give --seed or --seeds'],
  [['--resume', '--seeds', '3'], 'leave out --seed and --seeds'],
  [['--seed', '-1'], "'--seed' argument"],
  [['--seed', '1.5'], '--seed takes a whole number'],
  [['--seeds', '0'], '--seeds takes a whole number'],
  [['--sed', '1'], "Unknown option '--sed'"],
  [['F1'], 'Unexpected argument'],
])('%j is refused', (args, why) => {
  expect(() => read(...args)).toThrow(why);
});
