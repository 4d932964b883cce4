import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { UndecodableError } from '../platform/wire-format.ts';
import { queuedJob } from './app.fixture.ts';
import { createEventHub } from './event-hub.ts';
import { createFakeLog, eventOf } from './event-tail.fixture.ts';
import type { ToldEvent } from './told-event.ts';

afterEach(() => {
  vi.useRealTimers();
});

const silent = pino({ level: 'silent' });
const everything = { types: undefined, kinds: undefined };

function hubOn(options: Parameters<typeof createFakeLog>[0] = {}) {
  const log = createFakeLog(options);
  const hub = createEventHub({ hear: () => undefined, ...log.hubOptions, log: silent });
  const heard: string[] = [];
  const listener = ({ name, event }: ToldEvent) => void heard.push(`${name} ${event.kind}`);
  return { log, hub, heard, listener };
}
const [a, b] = [queuedJob('test.echo', 'a'), queuedJob('test.anything', 'b')];

test('each who listens for a job is told of it alone, until the end of the listening', async () => {
  const { log, hub, heard, listener } = hubOn();
  const listening = hub.listen('test.echo/a', listener);
  await listening.ready;
  await log.append(eventOf(b, 'succeeded'));
  await log.append(eventOf(a, 'started'));
  await log.append(eventOf(a, 'succeeded'));
  listening.end();
  listening.end();
  await log.append(eventOf(a, 'cancelled'));
  expect(heard).toEqual(['test.echo/a started', 'test.echo/a succeeded']);
  expect(hub.listeners).toBe(0);
});

test('what nobody listens for is not decoded, and what many hear is decoded and written once', async () => {
  const { log, hub } = hubOn();
  const frames: Buffer[] = [];
  const listen = () => hub.listen('test.echo/a', ({ frame }) => void frames.push(frame()));
  await Promise.all([listen().ready, listen().ready, listen().ready]);
  for (let n = 0; n < 10; n++) await log.append(eventOf(b, 'progressed'));
  expect(log.counts.decoded).toBe(0);
  await log.append(eventOf(a, 'started'));
  expect(log.counts.decoded).toBe(1);
  expect(frames).toHaveLength(3);
  expect(new Set(frames).size).toBe(1);
});

test('of many only the types and kinds that were asked for', async () => {
  const { log, hub, heard, listener } = hubOn();
  const other: string[] = [];
  hub.listenToAll({ types: new Set(['test.echo']), kinds: new Set(['succeeded', 'failed']) }, listener);
  const all = hub.listenToAll(everything, ({ name, event }) => void other.push(`${name} ${event.kind}`));
  await all.ready;
  for (const job of [a, b]) for (const kind of ['started', 'succeeded'] as const) await log.append(eventOf(job, kind));
  expect(heard).toEqual(['test.echo/a succeeded']);
  expect(other).toHaveLength(4);
});

test('what cannot be decoded is told to nobody, and what comes behind it is', async () => {
  const log = createFakeLog();
  const readEvent = (value: Buffer | null) => {
    if (String(value) === '0') throw new UndecodableError('broken');
    return log.readEvent(value);
  };
  const hub = createEventHub({ hear: () => undefined, ...log.hubOptions, readEvent, log: silent });
  const heard: string[] = [];
  await hub.listenToAll(everything, ({ event }) => void heard.push(event.kind)).ready;
  await log.append(eventOf(a, 'started'));
  await log.append(eventOf(a, 'succeeded'));
  expect(heard).toEqual(['succeeded']);
});

test('the log is read only while somebody listens, and a minute longer', async () => {
  vi.useFakeTimers();
  const { log, hub, listener } = hubOn();
  expect(log.counts.opened).toBe(0);
  const first = hub.listen('test.echo/a', listener);
  const second = hub.listenToAll(everything, listener);
  first.end();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(log.counts).toMatchObject({ opened: 1, closed: 0 });
  second.end();
  await vi.advanceTimersByTimeAsync(30_000);
  const third = hub.listen('test.echo/a', listener);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(log.counts).toMatchObject({ opened: 1, closed: 0 });
  third.end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(log.counts).toMatchObject({ opened: 1, closed: 1 });
  await hub.listen('test.echo/a', listener).ready;
  expect(log.counts).toMatchObject({ opened: 2, closed: 1 });
  await hub.close();
  expect(log.counts).toMatchObject({ opened: 2, closed: 2 });
});
