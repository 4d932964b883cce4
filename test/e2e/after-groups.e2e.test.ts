// Invariant: the job behind a group runs once, when all of the group are over, with what they came to; asking twice changes nothing.
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic } from './event-log.ts';
import { useSystem } from './system.ts';

// What follows a group is given no more than a client may give it: here what 20 come to, and not what 60 do.
const system = useSystem({ settings: { PUTLOG_MAX_PAYLOAD_BYTES: '4096' } });
let api: Api;

beforeAll(async () => {
  [api] = await Promise.all([
    system.startApi(),
    system.start('worker'),
    system.start('worker'),
    system.start('projector'),
  ]);
});

type Member = { type: string; id: string; payload: unknown; key?: string };
const put = (id: string, jobs: Member[], final: object = { type: 'test.gather' }) =>
  api.request('PUT', `/groups/${id}`, {
    body: `{"jobs":${JSON.stringify(jobs)},"then":${JSON.stringify(final)}}`,
    headers: { 'content-type': 'application/json' },
  });
const add = (id: string, n: number): Member => ({ type: 'test.add', id, payload: { n } });

test('20 jobs, one of which fails: the final job has what they came to, in their order', async () => {
  const id = randomUUID();
  const jobs = Array.from({ length: 19 }, (_, n) => add(`${id}-${n}`, n));
  jobs.splice(7, 0, { type: 'demo.fail', id: `${id}-bad`, payload: { times: 99, message: 'no' } });
  const accepted = await put(id, jobs);
  expect(accepted).toMatchObject({ status: 202, headers: { location: `/groups/${id}` }, body: { total: 20 } });
  const final = `test.gather/${id}`;
  await until('the final job', async () => (await api.get(final)).status === 200 || undefined);
  const [gathered] = await api.finished([final]);
  const results = Array.from({ length: 19 }, (_, n) => ({ n: n + 1 }));
  expect(gathered).toMatchObject({
    ...{ state: 'succeeded', result: { succeeded: 19, failed: 1, results } },
    links: { group: `/groups/${id}` },
  });
  expect((await api.get(`test.add/${id}-3`)).body.links).toEqual({ group: `/groups/${id}` });
  const { status, body } = await api.request('GET', `/groups/${id}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ id, total: 20, done: 20 });
  expect(new Map(Object.entries(body)).get('then')).toMatchObject({ id, state: 'succeeded', link: `/jobs/${final}` });
  expect((body.jobs as object[])[7]).toMatchObject({ type: 'demo.fail', state: 'failed' });

  const before = await readTopic(system.brokers, system.topics.events);
  expect((await put(id, jobs)).status).toBe(200);
  expect((await put(id, jobs.slice(1))).body).toMatchObject({ code: 'group-conflict' });
  await api.put(`test.add/${id}-last`, { n: 1 });
  await api.finished([`test.add/${id}-last`]);
  const after = await readTopic(system.brokers, system.topics.events);
  expect(after.length - before.length).toBe(1);
  const expected = new Map(
    jobs.map((job) => [`${job.type}/${job.id}`, job.type === 'demo.fail' ? 'dead' : 'succeeded']),
  );
  const seen = after.filter(({ subject }) => subject.includes(id) && !subject.endsWith('-last'));
  expect(breachesOfOneOutcome(seen, expected.set(final, 'succeeded'))).toEqual([]);
});

test('results that are too large together are left out', async () => {
  const id = randomUUID();
  const jobs = Array.from({ length: 60 }, (_, n) => add(`${id}-${n}`, n));
  expect((await put(id, jobs)).status).toBe(202);
  await until('the final job', async () => (await api.get(`test.gather/${id}`)).status === 200 || undefined);
  const [gathered] = await api.finished([`test.gather/${id}`]);
  expect(gathered).toMatchObject({ state: 'succeeded', result: { succeeded: 60, results: [] } });
});

test('a job that is there already, with another payload or by itself: nothing is submitted', async () => {
  const id = randomUUID();
  await api.put(`test.add/${id}-taken`, { n: 1 });
  for (const n of [1, 2]) {
    const answer = await put(`${id}-${n}`, [add(`${id}-free`, 1), add(`${id}-taken`, n)]);
    expect(answer).toMatchObject({ status: 409, body: { code: 'group-conflict' } });
    expect(answer.body.detail).toContain(`test.add/${id}-taken`);
    expect((await api.request('GET', `/groups/${id}-${n}`)).status).toBe(404);
  }
  expect((await api.get(`test.add/${id}-free`)).status).toBe(404);
});

test('all that is wrong is told at once', async () => {
  const jobs = [add('a', 1), add('a', 1), { type: 'test.ad', id: 'b', payload: 1 }, add('c', 0.5)];
  const { status, body } = await put(randomUUID(), jobs, { type: 'putlog.webhook' });
  expect(status).toBe(422);
  expect((body.errors as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
    ...['/jobs/1', '/jobs/2/type', '/jobs/3/payload/n', '/then/type'],
  ]);
});
