// What each event counts, and where.
import { expect, test } from 'vitest';
import type { EventKind, JobEvent } from '../schemas/event-fields.ts';
import { eventKinds } from '../schemas/event-fields.ts';
import { bucketOf } from '../schemas/histogram.ts';
import { createChanges } from './changes.ts';
import { statisticsProjection } from './statistics.ts';

const day = 86_400_000;
const noon = Date.UTC(2026, 0, 2, 12, 30);
const projection = statisticsProjection(day);
const place = { topic: 'events', partition: 0, offset: 0 };

const eventOf = (kind: EventKind, fields: Partial<JobEvent> = {}): JobEvent => ({
  ...{ kind, type: 't', id: '1', generation: 0, attempt: 1, key: 'k', digest: 'd' },
  ...{ submittedAt: noon + 1_000, startedAt: noon + 1_500, at: noon + 1_600, worker: 'w' },
  ...{ command: { topic: 'c', partition: 0, offset: 0 }, result: null, error: null, original: null, progress: null },
  ...{ dueAt: null, payload: null, inPlace: false, options: null },
  ...fields,
});

/** Document → what is added to it, and its greatest. */
function counted(...events: JobEvent[]) {
  const changes = createChanges();
  for (const event of events) for (const change of projection.event?.(event, place) ?? []) changes.add(change);
  const updates = changes.drain(projection.rollUp);
  return Object.fromEntries(updates.map(({ id, update: { $inc, $max } }) => [id, { ...$inc, ...$max }]));
}
const times = (name: string, ms: number, count = 1) => ({
  [`${name}.count`]: count,
  [`${name}.sum`]: ms * count,
  [`${name}.max`]: ms,
  [`${name}.buckets.${bucketOf(ms)}`]: count,
});

const midnight = Date.UTC(2026, 0, 2);
const ids = { minute: `t/1m/${noon}`, hour: `t/1h/${noon - 1_800_000}`, day: `t/1d/${midnight}`, all: 't/all/0' };

test('a job that succeeded is counted in its minute, its hour, its day and over all time, with its times', () => {
  const numbers = { over: 1, succeeded: 1, ...times('run', 100), ...times('wait', 500) };
  expect(counted(eventOf('succeeded'))).toEqual(Object.fromEntries(Object.values(ids).map((id) => [id, numbers])));
});

test('it is over where it was submitted, and has succeeded where it ended', () => {
  const late = noon + 3 * day;
  const found = counted(eventOf('succeeded', { startedAt: late, at: late + 5 }));
  expect(found[ids.minute]).toEqual({ over: 1 });
  expect(found[`t/1m/${late}`]).toEqual({ succeeded: 1, ...times('run', 5), ...times('wait', late - noon - 1_000) });
  expect(found[ids.all]).toMatchObject({ over: 1, succeeded: 1 });
});

test.each([
  ['failed', { over: 1, failed: 1 }],
  ['dead', { over: 1, failed: 1, dead: 1 }],
  ['cancelled', { over: 1, cancelled: 1 }],
  ['retrying', { retried: 1 }],
] as const)('%s', (kind, numbers) => {
  expect(counted(eventOf(kind, { startedAt: null }))[ids.all]).toEqual(numbers);
});

test('each attempt has a run time, the first one a wait', () => {
  const found = counted(
    eventOf('retrying'),
    eventOf('retrying', { attempt: 2, inPlace: true }),
    eventOf('dead', { attempt: 3 }),
  );
  const numbers = { retried: 2, failed: 1, dead: 1, over: 1, ...times('run', 100, 3), ...times('wait', 500) };
  expect(found[ids.all]).toEqual(numbers);
});

test('what ends nothing counts nothing, nor does a record that nobody could read', () => {
  const counting = new Set<EventKind>(['succeeded', 'failed', 'cancelled', 'dead', 'retrying']);
  for (const kind of eventKinds) {
    expect(projection.kinds.includes(kind)).toBe(counting.has(kind));
    if (!counting.has(kind)) expect(counted(eventOf(kind))).toEqual({});
  }
  expect(counted(eventOf('dead', { type: '' }))).toEqual({});
});

test('minutes are forgotten, the rest is not', () => {
  const changes = createChanges();
  for (const change of projection.event?.(eventOf('succeeded'), place) ?? []) changes.add(change);
  const expiring = changes.drain(projection.rollUp).map(({ id, update }) => [id, update.$set?.expiresAt]);
  expect(Object.fromEntries(expiring)).toEqual({
    ...{ [ids.minute]: new Date(noon + 60_000 + day) },
    ...{ [ids.hour]: undefined, [ids.day]: undefined, [ids.all]: undefined },
  });
});

test('times that nobody can have are counted somewhere, and stop nothing', () => {
  const found = counted(eventOf('succeeded', { submittedAt: -1e15, startedAt: 0, at: 8.64e15 }));
  expect(found[ids.all]).toMatchObject({ over: 1, succeeded: 1, 'run.count': 1, 'wait.count': 1 });
});
