// Invariant: what is urgent does not wait for a backlog, what is not urgent is never starved, and whatever lane a job is in, it is
// one job with one outcome that can be read, cancelled and sent again. One partition of four slots, so that all share them.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic, terminalEvents } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const concurrency = 4;
const system = useSystem({
  settings: {
    PUTLOG_PARTITIONS: '1',
    PUTLOG_CONCURRENCY: String(concurrency),
    PUTLOG_SESSION_TIMEOUT_MS: '6000',
    PUTLOG_CATCH_UP_MS: '30000',
  },
});
let api: Api;
let other: Api;
let worker: ServiceProcess;

beforeAll(async () => {
  [api, other, worker] = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('projector'),
  ]);
});

const urgency = { high: 'u=1', normal: 'u=3, i', low: 'u=6' } as const;
type Lane = keyof typeof urgency;
const lanes: readonly Lane[] = ['high', 'normal', 'low'];
const laneOf = (name: string) => lanes.find((lane) => name.includes(`/${lane}-`));

const put = (name: string, payload: unknown, lane = laneOf(name), from = api) =>
  from.request('PUT', `/jobs/${name}`, {
    body: JSON.stringify(payload),
    headers: { 'content-type': 'application/json', ...(lane && { priority: urgency[lane] }) },
  });
const accepted = async (names: readonly string[], payload: unknown) => {
  const answers = await inParallel(32, names, (name) => put(name, payload));
  expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
};
const names = (run: string, lane: Lane, count: number, type = 'demo.sleep') =>
  Array.from({ length: count }, (_, n) => `${type}/${lane}-${run}-${n}`);
const eventsOf = async (run: string) =>
  (await readTopic(system.brokers, system.topics.events)).filter(({ subject }) => subject.includes(`-${run}`));
/** Subjects in the order of their ends. */
const ended = async (run: string) => [...terminalEvents(await eventsOf(run)).keys()];
const succeeded = async () => Number((await api.request('GET', '/stats')).body.succeeded ?? 0);

test('urgent jobs pass a backlog of 2,000', async () => {
  const run = randomUUID();
  const backlog = names(run, 'low', 2_000);
  const urgent = names(run, 'high', 10);
  await accepted(backlog, { ms: 50 });
  await accepted(urgent, { ms: 50 });
  const waits = (await api.finished(urgent)).map(
    ({ createdAt, finishedAt }) => Date.parse(String(finishedAt)) - Date.parse(String(createdAt)),
  );
  const all = await api.finished(backlog, 150_000);
  const times = all.map(({ finishedAt }) => Date.parse(String(finishedAt)));
  const took = Math.max(...times) - Math.min(...times);
  console.log(`backlog: ${took} ms; urgent jobs that came behind it: ${waits.join(', ')} ms`);
  expect(Math.max(...waits)).toBeLessThan(took / 5);
  const events = await eventsOf(run);
  const order = [...terminalEvents(events).keys()];
  const behind = order.slice(1 + Math.max(...urgent.map((name) => order.indexOf(name))));
  expect(behind.length, 'of the backlog ends after all that was urgent').toBeGreaterThan(backlog.length / 2);
  const expected = new Map([...backlog, ...urgent].map((name) => [name, 'succeeded']));
  expect(breachesOfOneOutcome(events, expected)).toEqual([]);
});

test('urgent jobs without end: normal and low have their part of the slots all the time', async () => {
  const run = randomUUID();
  const few = [...names(run, 'normal', 80), ...names(run, 'low', 80)];
  const without = names(run, 'high', 800);
  await worker.end('SIGTERM');
  await accepted([...few, ...without], { ms: 30 });
  worker = await system.start('worker');
  await api.finished([...few, ...without], 150_000);
  const order = (await ended(run)).map(laneOf);
  const lastOf = (lane: Lane) => order.lastIndexOf(lane);
  expect(lastOf('high'), 'there was always something urgent').toBeGreaterThan(
    Math.max(lastOf('normal'), lastOf('low')),
  );
  // From when all lanes were read to when one of them had nothing left.
  const beside = order.slice(order.indexOf('high') + 20, Math.min(lastOf('normal'), lastOf('low')));
  const window = 40;
  expect(beside.length).toBeGreaterThan(2 * window);
  for (let at = 0; at + window <= beside.length; at += window) {
    const some = beside.slice(at, at + window);
    const shares = lanes.map((lane) => some.filter((one) => one === lane).length / window);
    expect(Math.min(...shares), `of ${window} from the ${at}th on`).toBeGreaterThanOrEqual(0.05);
    expect(shares[0], 'and most is for what is urgent').toBe(Math.max(...shares));
  }
});

test('kill -9 of the worker in the middle of all lanes: nothing is lost, one outcome each', async () => {
  const run = randomUUID();
  const all = lanes.flatMap((lane) => names(run, lane, 250));
  const earlier = await succeeded();
  const puts = accepted(all, { ms: 100 });
  await until('50 jobs done', async () => (await succeeded()) >= earlier + 50 || undefined);
  await worker.end('SIGKILL');
  await puts;
  const before = (await ended(run)).length;
  worker = await system.start('worker');
  expect(before).toBeLessThan(all.length);
  await api.finished(all, 150_000);
  const expected = new Map(all.map((name) => [name, 'succeeded']));
  expect(breachesOfOneOutcome(await eventsOf(run), expected)).toEqual([]);
});

test('the lane is the place of its command, also for what is put off', async () => {
  const run = randomUUID();
  for (const lane of lanes) {
    const name = `demo.echo/${lane}-${run}`;
    const later = `${name}-later`;
    const { body } = await put(name, { n: 1, text: '' });
    expect((await put(`${later}?delay=1`, { n: 1, text: '' }, lane)).status).toBe(202);
    const place = `${system.topics.commands('default', lane)}/0@`;
    expect(body.position).toContain(place);
    const [done] = await api.finished([later]);
    expect(done).toMatchObject({ state: 'succeeded', position: expect.stringContaining(place) });
  }
  const none = await put(`demo.echo/${run}`, { n: 1, text: '' });
  expect(none.body.position).toContain(system.topics.commands('default', 'normal'));
});

test('a second PUT with another priority is the same job, whoever hears it', async () => {
  const run = randomUUID();
  const all = Array.from({ length: 60 }, (_, n) => `demo.echo/${run}-${n}`);
  await inParallel(8, all, async (name) => {
    const answers = await Promise.all([
      put(name, { n: 1, text: name }, 'low'),
      put(name, { n: 1, text: name }, 'high', other),
      put(name, { n: 1, text: name }, 'normal'),
    ]);
    for (const { status } of answers) expect([200, 202]).toContain(status);
  });
  await api.finished(all);
  // Behind all of their commands, in each lane.
  const behind = lanes.map((lane) => `demo.echo/${lane}-${run}`);
  await accepted(behind, { n: 1, text: '' });
  await api.finished(behind);
  const expected = new Map([...all, ...behind].map((name) => [name, 'succeeded']));
  const events = (await readTopic(system.brokers, system.topics.events)).filter(({ subject }) => expected.has(subject));
  expect(breachesOfOneOutcome(events, expected)).toEqual([]);
  expect(events.filter(({ type }) => type === 'putlog.job.rejected')).toEqual([]);
});

test('what another process has accepted is found, cancelled and sent again, whatever lane it is in', async () => {
  const run = randomUUID();
  for (const lane of lanes) {
    for (const name of names(run, lane, 20, 'demo.echo')) {
      await put(name, { n: 1, text: '' });
      expect((await other.get(name)).status).toBe(200);
    }
    expect((await other.get(`demo.echo/${lane}-${run}-none`)).status).toBe(404);
    const waiting = `demo.echo/${lane}-${run}-cancelled`;
    await put(`${waiting}?delay=3600`, { n: 1, text: '' }, lane);
    expect((await other.request('DELETE', `/jobs/${waiting}`)).status).toBe(202);
    expect(await other.finished([waiting])).toMatchObject([{ state: 'cancelled' }]);
  }

  const file = join(system.folder, run);
  await writeFile(file, '');
  const dead = lanes.map((lane) => `test.again/${lane}-${run}`);
  await accepted(dead, { file, failures: 0, until: `${file}-mended` });
  expect(await other.finished(dead)).toMatchObject(dead.map(() => ({ state: 'failed' })));
  await writeFile(`${file}-mended`, '');
  const redriven = await until('dead letters to send again', async () => {
    const answer = await fetch(`${other.url}/dead-letters/redrive?type=test.again`, { method: 'POST' });
    const lines = (await answer.text()).split('\n').filter(Boolean);
    return lines.length > 0 ? lines : undefined;
  });
  expect(redriven.length).toBeGreaterThan(0);
  await until('all sent again', async () => {
    await fetch(`${other.url}/dead-letters/redrive?type=test.again`, { method: 'POST' }).then((answer) =>
      answer.text(),
    );
    const states = await Promise.all(dead.map(async (name) => (await other.get(name)).body));
    return states.every(({ state, generation }) => state === 'succeeded' && generation === 1) || undefined;
  });
  for (const [i, lane] of lanes.entries())
    expect((await other.get(dead[i] ?? '')).body.position).toContain(system.topics.commands('default', lane));
});
