import { expect, test } from 'vitest';
import { jobsForTests } from './app.fixture.ts';
import { createFollowUpReaders } from './follow-up-query.ts';
import { submitQueryOf } from './submit-query.ts';

const now = Date.UTC(2026, 0, 1);
const unset = { callback: [], notify: [] };
const followUps = createFollowUpReaders({ jobs: jobsForTests, allowPrivate: false, unset });
const query = (text: string) => submitQueryOf(`/jobs/a.b/1${text}`, { now, self: { type: 'a.b', id: '1' }, followUps });
const minute = 60_000;
const day = 24 * 60 * minute;

test('nothing asked for', () => {
  expect(query('')).toEqual({});
  expect(query('?')).toEqual({});
});

test('an ordering key', () => {
  expect(query('?key=a%20%C3%A9')).toEqual({ key: 'a é' });
  expect(query('?delay=1&key=k')).toEqual({ key: 'k', notBefore: now + 1_000 });
});

test.each([
  ['0', 0],
  ['90', 90_000],
  ['0.5', 500],
  ['PT1.25S', 1_250],
  ['PT1H30M', 90 * minute],
  ['P1D', day],
  ['P2W', 14 * day],
  ['P1DT1S', day + 1_000],
  ['P366D', 366 * day],
])('a delay of %s', (delay, ms) => {
  expect(query(`?delay=${delay}`)).toEqual({ notBefore: now + ms });
});

test('how long it may take, in place of what its type says', () => {
  expect(query('?timeout=PT1M&delay=1')).toEqual({ notBefore: now + 1_000, options: { timeoutMs: minute } });
  expect(query('?timeout=0.25')).toEqual({ options: { timeoutMs: 250 } });
});

test.each([
  ['2026-01-01T00:00:01Z', 1_000],
  ['2026-01-01T01:00:01.5%2B01:00', 1_500],
  ['2025-12-31T23:59:59z', -1_000],
  ['2026-12-31T00:00:00Z', 364 * day],
])('not before %s', (time, ms) => {
  expect(query(`?notBefore=${time}`)).toEqual({ notBefore: now + ms });
});

test.each([
  ['delay=-1', 'must be seconds'],
  ['delay=', 'must be seconds'],
  ['delay=P', 'must be seconds'],
  ['delay=PT', 'must be seconds'],
  ['delay=P1DT', 'must be seconds'],
  ['delay=P1Y', 'must be seconds'],
  ['delay=1e3', 'must be seconds'],
  ['delay=99999999999', 'at most 366 days'],
  ['notBefore=tomorrow', 'RFC 3339'],
  ['notBefore=2026-01-01', 'RFC 3339'],
  ['notBefore=2026-01-01T00:00:00', 'with an offset'],
  ['notBefore=2026-13-01T00:00:00Z', 'RFC 3339'],
  ['notBefore=2028-01-01T00:00:00Z', 'at most 366 days'],
  ['delay=1&delay=2', 'twice'],
  ['delay=1&notBefore=2026-01-01T00:00:00Z', 'give one'],
  ['timeout=0', 'must be 1 ms to 24 days'],
  ['timeout=P25D', 'must be 1 ms to 24 days'],
  ['timeout=soon', 'must be seconds'],
  ['key=', 'printable'],
  ['Delay=1', '"Delay" is not known; allowed: key, delay, notBefore, timeout'],
  ['__proto__=1', 'not known'],
])('refused: %s', (text, reason) => {
  expect(() => query(`?${text}`)).toThrow(reason);
});
