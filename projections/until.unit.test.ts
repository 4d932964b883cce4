import { expect, test } from 'vitest';
import { silent as log } from '../test/stack/log.ts';
import type { HistoryLog } from './history-log.ts';
import { beforeUntil, parseUntil, sinceFrom } from './until.ts';

const now = Date.UTC(2026, 10, 22, 12);

test.each([
  ['2026-11-22T08:30:00Z', { at: Date.UTC(2026, 10, 22, 8, 30) }],
  ['2026-11-22T08:30:00.250+01:00', { at: Date.UTC(2026, 10, 22, 7, 30, 0, 250) }],
  ['putlog.events/3@1200', { position: { topic: 'putlog.events', partition: 3, offset: 1_200 } }],
])('%s', (text, until) => {
  expect(parseUntil(text, now)).toEqual(until);
});

test.each([
  ['yesterday', /neither a time/],
  ['2026-11-22', /neither a time/],
  ['2026-13-45T99:00:00Z', /neither a time/],
  ['putlog.events/3', /neither a time/],
  ['putlog.events/-1@3', /neither a time/],
  ['2026-11-22T12:00:00.001Z', /in the future/],
])('%s is refused', (text, message) => {
  expect(() => parseUntil(text, now)).toThrow(message);
});

const record = (offset: number, timestamp: number) => ({
  ...{ offset, timestamp, key: null, value: null, headers: {} },
});
/** Two partitions of ten records each, a second apart; the first begins with its fourth. */
const history: Pick<HistoryLog, 'cluster' | 'topics'> = {
  topics: ['e'],
  cluster: {
    offsets: async (topics, at) => new Map(topics.map((topic) => [topic, at === 'latest' ? [10, 10] : [3, 0]])),
    offsetAt: async (_topic, _partition, at) => (at <= 9_000 ? Math.ceil(at / 1_000) : undefined),
    fetch: async (_topic, _partition, offset) => ({
      records: [record(offset, offset * 1_000)],
      next: offset + 1,
      end: 10,
    }),
  },
};
const log10: HistoryLog = {
  ...{ ...history, eventsTopic: 'e' },
  readCommand: () => Promise.reject(new Error('none')),
  readEvent: () => Promise.reject(new Error('none')),
};

test('a time takes every record up to it, by the record’s own time, in whatever order they stand', async () => {
  const { limits, accepts } = await beforeUntil({ at: 4_000 }, log10, log);
  expect(limits).toEqual(new Map([['e', [10, 10]]]));
  expect([3_999, 4_000, 4_001].map((at) => accepts('e', 0, record(9, at)))).toEqual([true, true, false]);
});

test('a position takes its partition up to it and with it, and of others what is not younger', async () => {
  const { at, limits, accepts } = await beforeUntil({ position: { topic: 'e', partition: 1, offset: 4 } }, log10, log);
  expect(at).toBe(4_000);
  expect(limits.get('e')).toEqual([10, 5]);
  expect(accepts('e', 1, record(4, 99_000)), 'of its own partition the place counts').toBe(true);
  expect([4_000, 4_001].map((time) => accepts('e', 0, record(0, time)))).toEqual([true, false]);
});

test('from a time on every record, by its own time, however far the clocks of those who wrote were apart', async () => {
  const { starts, accepts } = await sinceFrom({ at: 604_000 }, log10, log);
  expect(starts).toEqual(new Map([['e', [4, 4]]]));
  expect([603_999, 604_000].map((at) => accepts('e', 0, record(9, at)))).toEqual([false, true]);
});

test('from a position on: its partition with it, and of others what is not older', async () => {
  const { at, starts, accepts } = await sinceFrom({ position: { topic: 'e', partition: 1, offset: 4 } }, log10, log);
  expect(at).toBe(4_000);
  expect(starts.get('e')).toEqual([0, 4]);
  expect(accepts('e', 1, record(5, 0)), 'of its own partition the place counts').toBe(true);
  expect([3_999, 4_000].map((time) => accepts('e', 0, record(0, time)))).toEqual([false, true]);
});

test.each([
  [{ topic: 'x', partition: 0, offset: 0 }, /there is no topic x; there are e/],
  [{ topic: 'e', partition: 2, offset: 0 }, /no partition 2; it has 2/],
  [{ topic: 'e', partition: 1, offset: 10 }, /ends before 10/],
  [{ topic: 'e', partition: 0, offset: 2 }, /no longer has 2: it begins with 3/],
])('%j is refused', async (position, message) => {
  await expect(beforeUntil({ position }, log10, log)).rejects.toThrow(message);
});
