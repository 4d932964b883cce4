// Which times run: those that are late all, those that were missed as the policy says.
import { expect, test } from 'vitest';
import { cronTimes } from '../platform/cron-times.ts';
import { type Schedule, scheduledJobId } from '../schemas/schedule.ts';
import { dueTimes } from './due-times.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 21, 3);
const each = cronTimes('* * * * *', 'UTC');

/** In minutes since `start`; `missed` those before `there`. */
async function due(missed: Schedule['missed'], after: number, now: number, there: number, most = 1_000) {
  const window = { after: start + after * minute, now: start + now * minute, missedBefore: start + there * minute };
  const { times, latest, left } = await dueTimes(each, window, missed, most);
  return { times: times.map((at) => (at - start) / minute), latest: latest && (latest - start) / minute, left };
}

test.each(['skip', 'one', 'all'] as const)('%s: what is due now runs, and what is late', async (missed) => {
  expect(await due(missed, 0, 1, 0)).toEqual({ times: [1], latest: 1, left: false });
  expect(await due(missed, 0, 4, 0)).toEqual({ times: [1, 2, 3, 4], latest: 4, left: false });
  expect(await due(missed, 0, 0.9, 0)).toEqual({ times: [], latest: undefined, left: false });
});

test.each([
  ['skip', [8, 9, 10], true],
  ['one', [7, 8, 9, 10], true],
  ['all', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false],
] as const)('%s: ten were due, seven of them while nobody was there', async (missed, times, left) => {
  expect(await due(missed, 0, 10.5, 7.5)).toEqual({ times, latest: 10, left });
});

test.each([
  ['skip', [], true],
  ['one', [10], true],
  ['all', [9, 10], false],
] as const)('%s: all that was due was missed', async (missed, times, left) => {
  expect(await due(missed, 8, 10.5, 10.4)).toEqual({ times, latest: 10, left });
});

test('one that was missed alone', async () => {
  expect(await due('one', 9, 10.5, 10.4)).toEqual({ times: [10], latest: 10, left: false });
  expect(await due('skip', 9, 10.5, 10.4)).toEqual({ times: [], latest: 10, left: true });
});

test('all, but no more than may be: the latest', async () => {
  const { times, left } = await due('all', 0, 500, 499.5, 100);
  expect([times.length, times[0], times.at(-1), left]).toEqual([100, 401, 500, true]);
});

test('no time twice and none between two looks: where one ended the next begins', async () => {
  const seen: number[] = [];
  for (let now = 0.3, until = 0; now < 20; now += 0.7) {
    const { times, latest } = await due('one', until, now, 0);
    seen.push(...times);
    until = latest ?? until;
  }
  expect(seen).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
});

test('the id of a job says the time that it is for, in UTC', () => {
  expect(scheduledJobId('nightly', start)).toBe('nightly.20261121T030000Z');
  expect(scheduledJobId('i'.repeat(180), start)).toMatch(/^[A-Za-z0-9._~-]{1,200}$/);
});
