// Invariants: a personal field stands nowhere in the clear, by whichever way it came; its function has it all the same, and equal calls are
// one. Once its subject is erased nothing that waits runs without it, everything that is over can be read, compared and made anew as
// before, and who comes back is welcome.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createMongo } from '../../platform/mongo.ts';
import { canonicalJson, digestOf } from '../../schemas/canonical-json.ts';
import { type SubscribedEvent, subscribe } from '../../subscribe/index.ts';
import { until } from '../stack/deadline.ts';
import { silent as log } from '../stack/log.ts';
import type { Api } from './api.ts';
import { readTopic, terminalEvents } from './event-log.ts';
import { searchRaw } from './raw-search.ts';
import { runProgram } from './run-program.ts';
import { useSystem } from './system.ts';

const folder = join(import.meta.dirname, 'personal-jobs');
const PUTLOG_PERSONAL_KEY = `1:${randomBytes(32).toString('base64')}`;
const system = useSystem({ settings: { PUTLOG_PERSONAL_KEY, PUTLOG_JOBS: folder, PUTLOG_PARTITIONS: '2' } });
const mongo = createMongo(system.environment().MONGODB_URI ?? '');
const json = { 'content-type': 'application/json' };
const putlog = (...args: string[]) => runProgram(args, system.environment());

/** In no answer and in no other text: what is found is what was written. */
const secret = (what: string) => `${what}-${randomBytes(9).toString('hex')}`;
const ann = {
  name: secret('Ann'),
  address: { street: secret('street'), city: 'Ulm' },
  contacts: [{ mail: secret('mail') }, { mail: secret('mail') }],
  account: { number: 4_711_000_123, limits: [7, 8] },
};
const bob = { name: secret('Bob') };
const called = { customer: 'c-ann', city: secret('plain'), ...ann };
const secrets = [
  ...[ann.name, ann.address.street, ...ann.contacts.map(({ mail }) => mail), bob.name, '4711000123'],
  // Of which it could be found out who it is by trying names.
  ...[digestOf(canonicalJson(called)), digestOf(canonicalJson({ customer: 'c-bob', ...bob }))],
];
const isDone = { state: 'succeeded', result: { name: ann.name.length, street: ann.address.street.length } };
const isErased = { state: 'failed', error: { code: 'job-subject-erased', status: 410, retriable: false } };
const fromSchedule = /^test\.greet\/nightly\./;
let api: Api;
let other: Api;

const request = async (method: 'PUT' | 'POST', path: string, body: object, headers = {}) =>
  api.request(method, path, { body: JSON.stringify(body), headers: { ...json, ...headers } });
const search = (texts: readonly string[]) =>
  searchRaw({ brokers: system.brokers, prefix: system.prefix, db: mongo.db }, texts);
const ends = async () => terminalEvents(await readTopic(system.brokers, system.topics.events));
const untilOver = (name: RegExp) =>
  until(`the end of ${name}`, async () => [...(await ends()).keys()].find((one) => name.test(one)), 90_000);

beforeAll(async () => {
  [api, other] = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('projector'),
  ]);
});
afterAll(() => mongo.close());

test('its function has what was sent; the same twice is one job, at either api; something else is a conflict', async () => {
  const names = ['test.greet/plain', 'test.greet/again'];
  const both = await Promise.all([api.put(names[1] ?? '', called), other.put(names[1] ?? '', called)]);
  expect(both.map(({ status }) => status).filter((status) => status === 202).length).toBeGreaterThan(0);
  expect((await api.put(names[0] ?? '', called)).status).toBe(202);
  expect((await api.put(names[0] ?? '', called)).status).toBe(200);
  expect(await api.finished(names)).toMatchObject([isDone, isDone]);
  for (const one of [api, other]) {
    expect((await one.put('test.greet/plain', called)).status).toBe(200);
    const conflict = await one.put('test.greet/plain', { ...called, name: 'Bob' });
    expect(conflict).toMatchObject({ status: 409, body: { code: 'id-conflict' } });
  }
  const nobody = await api.put('test.greet/nobody', { ...called, customer: '' });
  expect(nobody).toMatchObject({ status: 422, body: { errors: [{ pointer: '/customer' }] } });
});

test('by whichever way it comes, nothing of it stands in Kafka or in MongoDB', async () => {
  const keyed = await request('POST', '/jobs/test.greet', called, { 'idempotency-key': '"k"' });
  expect(keyed.status).toBe(202);
  expect((await request('POST', '/jobs/test.greet', called, { 'idempotency-key': '"k"' })).status).toBe(200);
  const lines = ['line-1', 'line-2'].map((id) => JSON.stringify({ type: 'test.greet', id, payload: called }));
  const many = await fetch(`${api.url}/jobs`, {
    ...{ method: 'POST', body: `${lines.join('\n')}\n`, headers: { 'content-type': 'application/x-ndjson' } },
  });
  expect((await many.text()).match(/"status":202/g)).toHaveLength(2);
  const group = {
    jobs: [
      { type: 'test.greet', id: 'member-1', payload: called },
      { type: 'test.greet', id: 'member-2', payload: { customer: 'c-bob', ...bob } },
    ],
    ...Object.fromEntries([['then', { type: 'demo.echo' }]]),
  };
  expect((await request('PUT', '/groups/pair', group)).status).toBe(202);
  expect((await request('PUT', '/groups/pair', group)).status, 'the same group').toBe(200);
  await Promise.all([
    api.put('test.greet/late?delay=PT1H', called),
    api.put('test.greet/retried', { ...called, fails: 1 }),
    api.put('test.greet/dead', { ...called, fails: 2 }),
    api.put('test.greet/large', { ...called, name: `${ann.name}${'x'.repeat(200_000)}` }),
  ]);
  const names = ['line-1', 'line-2', 'member-1', 'member-2', 'retried', 'dead', 'large'].map(
    (id) => `test.greet/${id}`,
  );
  const over = await api.finished(names);
  expect(over.map(({ state }) => state)).toEqual([...Array(5).fill('succeeded'), 'failed', 'succeeded']);
  expect(over.at(-1)).toMatchObject({ result: { name: ann.name.length + 200_000 } });
  // Each second, from now on.
  const schedule = { cron: '* * * * * *', type: 'test.greet', payload: called };
  expect((await request('PUT', '/schedules/nightly', schedule)).body).toMatchObject({ payload: called });
  await untilOver(fromSchedule);
  expect((await request('PUT', '/schedules/nightly', { ...schedule, paused: true })).status).toBe(200);
  await until('the delayed one waits in MongoDB', async () => {
    const kept = await mongo.db.collection('timers').countDocuments({ name: 'test.greet/late' });
    return kept === 1 || undefined;
  });

  const plain = await search([called.city]);
  expect(plain.found.length, 'what is not personal is found, wherever payloads are').toBeGreaterThan(10);
  for (const where of ['commands.default.normal', '.events/', '.control/', 'timers/'])
    expect(
      plain.found.filter((one) => one.includes(where)),
      where,
    ).not.toEqual([]);
  const { found, records, documents, topics } = await search(secrets);
  expect(found).toEqual([]);
  expect(Math.min(records, documents, topics)).toBeGreaterThan(5);
});

test('what follows a job is sealed too; its result, which it follows from, is not', async () => {
  const eve = { customer: 'c-eve', name: secret('Eve') };
  await api.put('test.introduce/eve?then=test.greet/after', eve);
  expect(await api.finished(['test.introduce/eve'])).toMatchObject([{ result: eve }]);
  await untilOver(/^test\.greet\/after$/);
  expect((await api.finished(['test.greet/after']))[0]).toMatchObject({ result: { name: eve.name.length } });
  const { found } = await search([eve.name]);
  const kinds = new Set(found.map((one) => one.replace(/[/@].*/, '').replace(`${system.prefix}.`, '')));
  expect([...kinds].sort()).toEqual(['events', 'jobs_v1']);
});

test('verify, rebuild and replay before anything is erased', async () => {
  expect(await putlog('verify')).toMatchObject({ code: 0 });
  const replayed = await putlog('replay', 'test.greet', '--handlers', folder, '--json');
  expect(replayed.stderr).toBe('');
  const last = JSON.parse(replayed.stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({ same: true, erased: 0 });
  expect(last.compared).toBeGreaterThan(9);
});

test('erased: what waits ends once and says so; all that is over is as it was; who comes back is served', async () => {
  const before = await api.get('test.greet/plain');
  await api.put('test.greet/soon?delay=PT15S', called);
  await api.request('POST', '/queues/default/pause');
  await api.put('test.greet/queued', called);
  await api.put('test.greet/of-bob', { customer: 'c-bob', ...bob });

  expect(await putlog('erase', '--subject', 'c-ann')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/give --yes/),
  });
  expect(await putlog('erase', '--subject', 'c-ann', '--yes', '--json')).toMatchObject({
    ...{ code: 0, stdout: '{"subject":"c-ann","erased":true}\n', stderr: '' },
  });
  expect((await putlog('erase', '--subject', 'c-ann', '--yes')).stdout).toBe(
    'nothing is known of c-ann: it has no key, or none any more\n',
  );
  await api.request('POST', '/queues/default/resume');
  const waited = ['test.greet/queued', 'test.greet/soon'];
  expect(await api.finished([...waited, 'test.greet/of-bob'], 90_000)).toMatchObject([
    isErased,
    isErased,
    { state: 'succeeded', result: { name: bob.name.length } },
  ]);
  expect(await api.finished(['test.greet/queued'])).not.toMatchObject([{ startedAt: expect.anything() }]);

  // A time of the schedule, and what is sent again: each ends, once.
  const schedule = { cron: '* * * * * *', type: 'test.greet', payload: called };
  const shown = (await api.request('GET', '/schedules/nightly')).body;
  expect(shown).toMatchObject({
    payload: {
      customer: 'c-ann',
      city: called.city,
      name: '[erased]',
      contacts: [{ mail: '[erased]' }, {}],
      account: '[erased]',
    },
  });
  const redriven = await api.request('POST', '/dead-letters/redrive?type=test.greet');
  expect(redriven.status).toBe(200);
  const again = await until('the end of what was sent again', async () => {
    const { body } = await api.get('test.greet/dead');
    return body.generation === 1 && body.state === 'failed' ? body : undefined;
  });
  expect(again).toMatchObject(isErased);

  expect((await api.get('test.greet/plain')).body).toEqual(before.body);
  const listed = await api.request('GET', '/jobs?type=test.greet&limit=500');
  expect((listed.body.jobs as unknown[]).length).toBeGreaterThan(12);
  const told = await api.request('GET', '/jobs/test.greet/queued/events');
  expect(JSON.stringify(told.body)).toContain('job-subject-erased');

  const welcome = { ...called, name: secret('Ann') };
  expect((await api.put('test.greet/back', welcome)).status).toBe(202);
  expect((await api.put('test.greet/back', welcome)).status).toBe(200);
  expect(await api.finished(['test.greet/back'])).toMatchObject([isDone]);
  expect((await request('PUT', '/schedules/nightly', { ...schedule, paused: true })).body).toMatchObject({
    payload: called,
  });

  const counts = await ends();
  for (const name of waited) expect(counts.get(name), name).toEqual(['failed']);
  expect(counts.get('test.greet/dead')).toEqual(['dead', 'failed']);
  expect((await search([...secrets, welcome.name])).found).toEqual([]);
});

test('erased: verify, rebuild, replay and whoever subscribes go on, and find no difference', async () => {
  expect(await putlog('verify')).toMatchObject({ code: 0 });
  expect(await putlog('rebuild', '--verify', '--json')).toMatchObject({ code: 0 });
  expect((await api.get('test.greet/queued')).body).toMatchObject(isErased);
  expect(await putlog('verify')).toMatchObject({ code: 0 });
  const replayed = await putlog('replay', 'test.greet', '--handlers', folder, '--json');
  expect(replayed).toMatchObject({ code: 0, stderr: '' });
  const last = JSON.parse(replayed.stdout.trimEnd().split('\n').at(-1) ?? '');
  // Those of Bob, of Eve, and of the Ann who came back.
  expect(last).toMatchObject({ same: true, compared: 4, equal: 4 });
  expect(last.erased).toBeGreaterThan(8);

  const { brokers, registryUrl } = inject('stack');
  const events: SubscribedEvent[] = [];
  const where = { brokers, registry: registryUrl, prefix: system.prefix, sessionTimeoutMs: 6_000, log };
  const subscription = subscribe(
    { ...where, group: 'after', from: 'beginning' },
    async (event) => void events.push(event),
  );
  const told = (await readTopic(system.brokers, system.topics.events)).filter(({ type }) =>
    type.startsWith('putlog.job.'),
  );
  await until('all events', async () => events.length >= told.length || undefined);
  await subscription.stop();
  expect(events.filter(({ kind }) => kind === 'failed').length).toBeGreaterThanOrEqual(3);
});
