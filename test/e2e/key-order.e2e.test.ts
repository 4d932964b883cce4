// Invariant: calls with one ordering key run in the order in which they were accepted, other keys in parallel. 200 keys,
// two workers, one of them killed with -9 in the middle: the events of each key come in the order of its numbers.
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic, terminalEvents } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { endToEndJobs, useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_JOBS: endToEndJobs, PUTLOG_SESSION_TIMEOUT_MS: '6000' } });
let api: Api;
let worker: ServiceProcess;

beforeAll(async () => {
  [api, worker] = await Promise.all([
    system.startApi(),
    system.start('worker'),
    system.start('worker'),
    system.start('projector'),
  ]);
});

const keys = Array.from({ length: 200 }, (_, key) => `key-${key}`);
const perKey = Array.from({ length: 10 }, (_, n) => n);
const nameOf = (key: string, n: number) => `test.jitter/${key}.${n}`;
const all = keys.flatMap((key) => perKey.map((n) => nameOf(key, n)));

test('order of a key: 200 keys with 10 numbered calls each, two workers, one killed with -9', async () => {
  // A key's calls one after the other, as a client that cares for their order must.
  const puts = inParallel(32, keys, async (key) => {
    const statuses: number[] = [];
    for (const n of perKey) statuses.push((await api.put(`${nameOf(key, n)}?key=${key}`, { n })).status);
    return statuses;
  });
  await until('400 jobs done', async () => {
    const { body } = await api.request('GET', '/stats');
    return Number(body.succeeded) >= 400 ? true : undefined;
  });
  await worker.end('SIGKILL');
  const doneBefore = terminalEvents(await readTopic(system.brokers, system.topics.events)).size;
  expect(doneBefore).toBeLessThan(all.length);
  expect((await puts).flat().filter((status) => status !== 202)).toEqual([]);
  await api.finished(all);

  const events = await readTopic(system.brokers, system.topics.events);
  expect(breachesOfOneOutcome(events, new Map(all.map((name) => [name, 'succeeded'])))).toEqual([]);
  const order = Map.groupBy(
    [...terminalEvents(events).keys()].map((subject) => subject.slice('test.jitter/'.length).split('.')),
    ([key]) => key,
  );
  for (const key of keys)
    expect({ key, order: order.get(key)?.map(([, n]) => Number(n)) }).toEqual({ key, order: perKey });
});
