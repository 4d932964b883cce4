// Invariant: who prefers to wait gets the end of the job as soon as it is in the log, at whichever process it waits; who cannot be told
// of it in time gets the ordinary answer. Waiting needs only Kafka.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { soon, until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import { useOwnPart } from './own-part.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const mongod = useOwnPart('mongod');
const system = useSystem({ addresses: mongod.addresses });
const file = join(system.folder, 'lingers');
let api: Api & { process: ServiceProcess };
let other: Api & { process: ServiceProcess };

beforeAll(async () => {
  await writeFile(file, '');
  await mongod.start();
  [api, other] = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('projector'),
  ]);
});

const put = (at: Api, name: string, payload: unknown, prefer: string) =>
  at.request('PUT', `/jobs/${name}`, {
    body: JSON.stringify(payload),
    headers: { 'content-type': 'application/json', prefer },
  });
const get = (at: Api, name: string, prefer: string) => at.request('GET', `/jobs/${name}`, { headers: { prefer } });
const linger = (ms: number) => ({ file, ms, heeds: true });
const hasBegun = (id: string) =>
  until(`${id} begins`, async () => (await readFile(file, 'utf8')).includes(`${id} begins`) || undefined);

test('PUT answers 200 with the result, and many at once do', async () => {
  const ids = Array.from({ length: 200 }, () => randomUUID());
  const answers = await inParallel(32, ids, (id, n) => put(api, `demo.echo/${id}`, { n, text: id }, 'wait=30'));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(answers.map(({ body }) => body)).toMatchObject(
    ids.map((id, n) => ({ id, state: 'succeeded', result: { n } })),
  );
  expect(answers[0]?.headers).toMatchObject({ 'preference-applied': 'wait=30', vary: 'Prefer' });
  // What was answered is what GET answers.
  const [id = ''] = ids;
  const [status] = await api.finished([`demo.echo/${id}`]);
  expect(status).toEqual(answers[0]?.body);
});

test('submitted at one process, waited for at another, by many', async () => {
  const name = `test.linger/${randomUUID()}`;
  expect((await put(api, name, linger(3_000), 'respond-async')).status).toBe(202);
  const answers = await Promise.all(
    [other, api, other, other].map((at, n) =>
      n === 3 ? put(at, name, linger(3_000), 'wait=30') : get(at, name, 'wait=30'),
    ),
  );
  expect(answers.map(({ status, body }) => [status, body.state])).toEqual(
    Array.from({ length: 4 }, () => [200, 'succeeded']),
  );
});

test('strictly: the problem of the job is the answer', async () => {
  const payload = { times: 9, message: 'as asked' };
  const id = randomUUID();
  const strict = await put(api, `demo.fail/${id}`, payload, 'wait=30, handling=strict');
  expect(strict.status).toBe(500);
  expect(strict.headers['content-type']).toContain('application/problem+json');
  expect(strict.body).toMatchObject({ code: 'job-failed', status: 500 });
  const lenient = await put(api, `demo.fail/${id}`, payload, 'wait=30');
  expect([lenient.status, lenient.body.state]).toEqual([200, 'failed']);
});

test('the time runs out: 202 for a PUT, 200 with what is known for a GET', async () => {
  const name = `test.linger/${randomUUID()}`;
  const accepted = await put(api, name, linger(60_000), 'wait=1');
  expect(accepted.status).toBe(202);
  expect(accepted.headers).toMatchObject({
    location: `/jobs/${name}`,
    'retry-after': '1',
    'preference-applied': 'wait=1',
  });
  await hasBegun(name.slice('test.linger/'.length));
  const read = await get(other, name, 'wait=1');
  expect([read.status, read.body.state]).toEqual([200, 'running']);
  expect((await api.request('DELETE', `/jobs/${name}`)).status).toBe(202);
  expect((await get(other, name, 'wait=30')).body.state).toBe('cancelled');
});

test('a process that stops answers all who wait at once, and the job can be waited for at another', async () => {
  const stopping = await system.startApi();
  const id = randomUUID();
  const answer = put(stopping, `test.linger/${id}`, linger(6_000), 'wait=30');
  await hasBegun(id);
  const ended = stopping.process.end('SIGTERM');
  const { status, headers, body } = await answer;
  expect(status).toBe(202);
  expect(headers).toMatchObject({ location: `/jobs/test.linger/${id}`, 'retry-after': '1' });
  expect(body.state).not.toBe('succeeded');
  expect((await soon('its end', ended)).code).toBe(0);
  expect((await get(other, `test.linger/${id}`, 'wait=30')).body.state).toBe('succeeded');
});

test('with MongoDB away the end of a job that runs is told all the same', async () => {
  const id = randomUUID();
  const answer = put(api, `test.linger/${id}`, linger(8_000), 'wait=30');
  await hasBegun(id);
  await mongod.stop('SIGKILL');
  const { status, body } = await answer;
  expect([status, body.state]).toEqual([200, 'succeeded']);
  expect((await get(api, `test.linger/${id}`, 'wait=30')).status).toBe(503);
  await mongod.start();
  const [job] = await api.finished([`test.linger/${id}`]);
  expect(job).toEqual(body);
});
