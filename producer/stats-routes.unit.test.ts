// GET /stats: what is asked for, what is answered, and what is refused.
import { expect, test } from 'vitest';
import { PutlogError } from '../schemas/problem.ts';
import { createTestApp, noNumbers } from './app.fixture.ts';
import type { Point, StatisticsQuery } from './statistics.ts';

const numbers = { ...noNumbers, accepted: 3, succeeded: 2, waiting: 1 };
const minutesMs = 86_400_000;

function createStats(points: Point[] = [], known: readonly string[] = []) {
  const asked: (StatisticsQuery & { step?: string })[] = [];
  const { app } = createTestApp({
    stats: {
      minutesMs,
      statistics: {
        async total(query) {
          asked.push(query);
          return numbers;
        },
        async series(query, step) {
          asked.push({ ...query, step });
          return points;
        },
        knows: async (type) => known.includes(type),
      },
    },
  });
  return { asked, get: (query = '') => app.inject(`/stats${query}`) };
}

test('totals of all time, never from a cache', async () => {
  const { get, asked } = createStats();
  const answer = await get();
  expect([answer.statusCode, answer.headers['cache-control'], answer.json()]).toEqual([200, 'no-store', numbers]);
  expect(asked).toEqual([{ types: undefined, range: undefined }]);
});

test('of a type and a time, which is told as it was counted: in whole minutes, or hours where minutes are gone', async () => {
  const { get, asked } = createStats();
  const answer = await get('?type=test.echo&from=2026-01-02T10:20:30Z&to=2026-01-02T12:00:01%2B01:00');
  const range = { from: Date.UTC(2026, 0, 2, 10), to: Date.UTC(2026, 0, 2, 12) };
  expect(answer.json()).toEqual({
    ...{ type: 'test.echo', from: '2026-01-02T10:00:00.000Z', to: '2026-01-02T12:00:00.000Z' },
    ...numbers,
  });
  expect(asked).toEqual([{ types: ['test.echo'], range }]);
  const recent = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 600_000);
  const { from, to } = (await get(`?from=${new Date(recent.getTime() + 5).toISOString()}`)).json();
  expect(from).toBe(recent.toISOString());
  expect(Date.parse(to)).toBeGreaterThanOrEqual(Date.now() - 1_000);
  expect(Date.parse(to) % 60_000).toBe(0);
  expect((await get('?to=2026-01-02T10:00:00Z')).json()).not.toHaveProperty('from');
});

test('step by step', async () => {
  const at = Date.UTC(2026, 0, 2, 10);
  const { get, asked } = createStats([{ at, numbers }]);
  const answer = await get('?from=2026-01-02T10:20:30Z&to=2026-01-02T11:00:00Z&step=1h');
  expect(answer.json()).toEqual({
    ...{ from: '2026-01-02T10:00:00.000Z', to: '2026-01-02T11:00:00.000Z', ...numbers, step: '1h' },
    series: [{ from: '2026-01-02T10:00:00.000Z', ...numbers }],
  });
  expect(asked[1]).toEqual({ types: undefined, range: { from: at, to: at + 3_600_000 }, step: '1h' });
});

test.each([
  ['?typ=test.echo', 'allowed: type, from, to, step'],
  ['?type=Test', 'a dotted name in lower case'],
  ['?type=test.echo&type=test.echo', 'stands there twice'],
  ['?from=yesterday', 'RFC 3339'],
  ['?from=2026-01-02T10:00:00', 'RFC 3339'],
  ['?from=2026-01-02T10:00:00Z&to=2026-01-02T10:00:00Z', '"from" must be before "to"'],
  ['?from=2999-01-02T10:00:00Z', '"from" must be in the past'],
  ['?step=1h', '"step" needs "from"'],
  ['?step=5m&from=2026-01-02T10:00:00Z', '"step" must be one of 1m, 1h, 1d'],
  ['?step=1m&from=2026-01-02T10:00:00Z', 'older than that take 1h or 1d'],
  ['?step=1h&from=2025-01-02T10:00:00Z&to=2026-01-02T10:00:00Z', 'at most 1500 steps'],
])('%s is refused, and why', async (query, detail) => {
  const { get, asked } = createStats();
  const answer = await get(query);
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'malformed-request']);
  expect(answer.json().detail).toContain(detail);
  expect(asked).toEqual([]);
});

test('a type that is not loaded here can be asked for if anything was counted of it; another one is near', async () => {
  const { get } = createStats([], ['test.gone']);
  expect((await get('?type=test.gone')).statusCode).toBe(200);
  const answer = await get('?type=test.ecko');
  expect([answer.statusCode, answer.json().code]).toEqual([404, 'unknown-job-type']);
  expect(answer.json().detail).toContain('test.echo');
});

test('a problem when MongoDB is away', async () => {
  const total = () => Promise.reject(new PutlogError('read-model-unavailable', 'away', { retryAfter: 2 }));
  const { app } = createTestApp({
    stats: { minutesMs, statistics: { total, series: async () => [], knows: async () => false } },
  });
  const answer = await app.inject('/stats');
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
});
