// Invariant: one job, one recorded outcome, for every reader of the topic. The only worker is killed with -9 in the middle
// of 2,000 jobs and started again at once; kcat, which knows nothing of Putlog, finds one terminal event of each.
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic, terminalEvents } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

// Few at a time, so that the kill finds most of them undone; the shortest session that Kafka allows.
const settings = { PUTLOG_CONCURRENCY: '4', PUTLOG_SESSION_TIMEOUT_MS: '6000' };
const system = useSystem({ settings });
let api: Api;
let worker: ServiceProcess;

beforeAll(async () => {
  [api, worker] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

const names = Array.from({ length: 2_000 }, (_, n) => `demo.sleep/${n}`);

test('one job, one recorded outcome: kill -9 of the only worker in the middle of 2,000 jobs', async () => {
  const began = performance.now();
  const puts = inParallel(32, names, (name) => api.put(name, { ms: 10 }));
  await until('300 jobs done', async () => {
    const { body } = await api.request('GET', '/stats');
    return Number(body.succeeded) >= 300 ? true : undefined;
  });
  await worker.end('SIGKILL');
  const killed = performance.now();
  const events = await readTopic(system.brokers, system.topics.events);
  const doneBefore = terminalEvents(events).size;
  expect(doneBefore).toBeLessThan(names.length);
  await system.start('worker');
  const started = performance.now();
  expect((await puts).filter(({ status }) => status !== 202)).toEqual([]);

  const states = (await api.finished(names)).map(({ state }) => state);
  expect(states.filter((state) => state !== 'succeeded')).toEqual([]);
  const expected = new Map(names.map((name) => [name, 'succeeded']));
  expect(breachesOfOneOutcome(await readTopic(system.brokers, system.topics.events), expected)).toEqual([]);
  const seconds = (since: number) => ((performance.now() - since) / 1_000).toFixed(1);
  console.log(
    `2,000 jobs of 10 ms: ${doneBefore} done when the worker was killed; all done ${seconds(killed)} s after the kill, ` +
      `${seconds(started)} s after another was ready, ${seconds(began)} s in all`,
  );
});
