import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { laneOfPriority } from './priority.ts';

test.each([
  [undefined, 'normal'],
  ['', 'normal'],
  ['u=0', 'high'],
  ['u=2', 'high'],
  ['u=3', 'normal'],
  ['u=4', 'normal'],
  ['u=5', 'low'],
  ['u=7', 'low'],
  ['  u=1  ', 'high'],
])('%o goes to %s', (field, lane) => expect(laneOfPriority(field)).toBe(lane));

describe('RFC 9218: what is not the urgency is ignored', () => {
  test.each([
    ['u=5, i', 'low'],
    ['i,u=1', 'high'],
    ['i=?0 \t,\tu=7', 'low'],
    ['x="a, u=0", u=6', 'low'],
    ['x=(1 "two" three;a=1);b;c=:aGk=:, y=1.5, z=@1659578233, u=0', 'high'],
    ['u=1;why="urgent"', 'high'],
    ['x=();q, u=1', 'high'],
    ['i', 'normal'],
  ])('%s goes to %s', (field, lane) => expect(laneOfPriority(field)).toBe(lane));

  test('of two the later one counts, also when they came in two lines', () => {
    expect(laneOfPriority('u=1, u=6')).toBe('low');
    expect(laneOfPriority(['u=6', 'u=0'])).toBe('high');
  });
});

describe('RFC 9218 §4: an urgency that is no integer from 0 to 7 counts as none', () => {
  test.each(['u=8', 'u=-1', 'u="1"', 'u=high', 'u', 'u=?1', 'u=(1)', 'u=999999999999999'])('%s', (field) =>
    expect(laneOfPriority(field)).toBe('normal'),
  );
});

describe('RFC 9651 §4.2: a field that is no dictionary counts as none, whatever else is in it', () => {
  test.each([
    ...['u=1,', ',u=1', 'u=1,,i', 'u=1 i', 'u = 1', 'u=', '=1', 'U=1', 'u=1; ', 'u=1,i=', 'u=1, x="', 'u=1, x=(1'],
    ...['u=1234567890123456', 'u=1, x=1.2345', 'u=1, x=é', '\tu=1', 'u=1, x="\t"', 'urgent!', '1'],
  ])('%o', (field) => expect(laneOfPriority(field)).toBe('normal'));

  test('any text is answered, and in no time', () => {
    const began = performance.now();
    for (const long of ['(1 '.repeat(5_000), 'a;a;'.repeat(4_000), `u=1${', i'.repeat(5_000)},`, '"'.repeat(16_000)])
      expect(laneOfPriority(`u=1, x=${long}`)).toBe('normal');
    expect(performance.now() - began).toBeLessThan(2_000);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'u=17,;i "()?:@%.\\ax') }), (text) => {
        expect(['high', 'normal', 'low']).toContain(laneOfPriority(text));
      }),
    );
  });
});
