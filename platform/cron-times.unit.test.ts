// When an expression is due: through both changes of the clock in Europe/Berlin, and in either direction the same.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cronTimes } from './cron-times.ts';

function from(expression: string, after: string, count: number, zone = 'Europe/Berlin') {
  const cron = cronTimes(expression, zone);
  const times: string[] = [];
  for (let at = cron.next(Date.parse(after)); at !== undefined && times.length < count; at = cron.next(at))
    times.push(new Date(at).toISOString().replace(':00.000Z', 'Z'));
  return times;
}

test('a day has its time in its zone, summer and winter', () => {
  expect(from('0 3 * * *', '2026-10-24T00:00:00Z', 3)).toEqual([
    ...['2026-10-24T01:00Z', '2026-10-25T02:00Z', '2026-10-26T02:00Z'],
  ]);
  expect(from('0 3 * * *', '2026-10-24T03:00:00Z', 1, 'UTC')).toEqual(['2026-10-25T03:00Z']);
});

test('a time that does not exist is due when the clock has jumped, once', () => {
  const march = ['2027-03-27T01:30Z', '2027-03-28T01:00Z', '2027-03-29T00:30Z'];
  expect(from('30 2 * * *', '2027-03-27T00:00:00Z', 3)).toEqual(march);
  expect(from('0,30 2 * * *', '2027-03-27T12:00:00Z', 2)).toEqual(['2027-03-28T01:00Z', '2027-03-29T00:00Z']);
});

test('a time that comes twice is due the first time, once', () => {
  expect(from('30 2 * * *', '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
  expect(from('0,30 2 * * *', '2026-10-24T12:00:00Z', 3)).toEqual([
    ...['2026-10-25T00:00Z', '2026-10-25T00:30Z', '2026-10-26T01:00Z'],
  ]);
});

test('what repeats within the day keeps to real time: no hour is left out, and none counts once that is there twice', () => {
  expect(from('30 * * * *', '2027-03-28T00:00:00Z', 3)).toEqual([
    ...['2027-03-28T00:30Z', '2027-03-28T01:30Z', '2027-03-28T02:30Z'],
  ]);
  expect(from('30 * * * *', '2026-10-25T00:00:00Z', 3)).toEqual([
    ...['2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-25T02:30Z'],
  ]);
});

test('six fields begin with the second', () => {
  expect(from('*/20 59 23 31 12 *', '2026-12-31T22:58:59Z', 2)).toEqual([
    ...['2026-12-31T22:59Z', '2026-12-31T22:59:20.000Z'],
  ]);
});

test('backward it finds what it found forward, over every change of a clock', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'America/Havana'];
  const expressions = ['30 2 * * *', '0,30 2 * * *', '*/15 2 * * *', '7,40 * * * *', '0 0-3 * * *', '0 12 * * SUN'];
  const day = fc.integer({ min: Date.UTC(2026, 0, 1) / 86_400_000, max: Date.UTC(2028, 0, 1) / 86_400_000 });
  const property = (zone: string, expression: string, start: number) => {
    const cron = cronTimes(expression, zone);
    const forward: number[] = [];
    for (let at = cron.next(start * 86_400_000); at !== undefined && forward.length < 30; at = cron.next(at))
      forward.push(at);
    const last = forward.at(-1) ?? 0;
    expect(cron.previous(last + 1, 30).reverse()).toEqual(forward);
  };
  fc.assert(fc.property(fc.constantFrom(...zones), fc.constantFrom(...expressions), day, property), { numRuns: 60 });
}, 30_000);

test.each([
  ['', 'UTC', 'five fields'],
  ['* * * *', 'UTC', 'five fields'],
  ['* * * * * * *', 'UTC', 'five fields'],
  ['@daily', 'UTC', 'five fields'],
  ['0 24 * * *', 'UTC', 'hour'],
  ['a b c d e', 'UTC', 'pattern|illegal|invalid'],
  ['0 3 * * *', 'Europe/Atlantis', 'IANA'],
  ['0 3 * * *', '', 'IANA'],
  ['0 3 * * *', '+01:00', 'IANA'],
])('"%s" in "%s" is refused', (expression, zone, reason) => {
  expect(() => cronTimes(expression, zone)).toThrow(TypeError);
  expect(() => cronTimes(expression, zone)).toThrow(new RegExp(reason, 'i'));
});
