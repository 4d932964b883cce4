// Prefer: wait on PUT and GET, over HTTP, with a log and a read model of the test's own.
import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { problem } from '../schemas/problem.ts';
import { createTestApp, queuedJob } from './app.fixture.ts';
import { createEventHub } from './event-hub.ts';
import { createFakeLog, eventOf } from './event-tail.fixture.ts';
import { createWaiting } from './waiting.ts';

const job = queuedJob('test.echo', 'a');
const url = '/jobs/test.echo/a';
const [succeeded, failed] = [
  eventOf(job, 'succeeded', { result: '{"n":1,"length":1}' }),
  eventOf(job, 'failed', { error: JSON.stringify(problem('job-timed-out', 'too long')) }),
];

/** `whenSubmitted` happens before the log has acknowledged the command. */
function app(whenSubmitted: (test: ReturnType<typeof createTestApp>) => unknown = () => undefined) {
  const test: ReturnType<typeof createTestApp> = createTestApp({
    async submit({ job: { type }, id }) {
      await whenSubmitted(test);
      const known = test.jobs.get(`${type}/${id}`);
      return { known: known !== undefined, job: known ?? queuedJob(type, id) };
    },
  });
  const put = (prefer: string | string[]) => test.put(url, '{"n":1,"text":"x"}', { prefer });
  const get = (headers: InjectOptions['headers']) => test.app.inject({ url, ...(headers && { headers }) });
  const someoneWaits = () => vi.waitFor(() => expect(test.hub.listeners).toBe(1));
  return { ...test, put, get, someoneWaits };
}

test('a job that ends in time: 200 with its result, where it is, and what was preferred', async () => {
  const { put, log, someoneWaits } = app();
  const answer = put('wait=2');
  await someoneWaits();
  await log.append(eventOf(job, 'started'));
  await log.append(succeeded);
  const { statusCode, headers, json } = await answer;
  expect(statusCode).toBe(200);
  expect(headers).toMatchObject({ location: url, vary: 'Prefer', 'preference-applied': 'wait=2' });
  expect(headers).not.toHaveProperty('retry-after');
  expect(json()).toMatchObject({ state: 'succeeded', result: { n: 1, length: 1 } });
});

test('an end that comes before the command is acknowledged is not missed, with the read model away too', async () => {
  const { put, log, hub } = app(() => log.append(succeeded));
  expect((await put('wait=2')).json()).toMatchObject({ state: 'succeeded' });
  expect(hub.listeners).toBe(0);
});

test('the time runs out: 202, where it is and when to ask, and what is known by then', async () => {
  const { put, log, hub, someoneWaits } = app();
  const answer = put('respond-async, wait=1');
  await someoneWaits();
  await log.append(eventOf(job, 'started'));
  const { statusCode, headers, json } = await answer;
  expect(statusCode).toBe(202);
  expect(headers).toMatchObject({
    ...{ location: url, 'retry-after': '1' },
    'preference-applied': 'respond-async, wait=1',
  });
  expect(json()).toMatchObject({ state: 'running' });
  expect(hub.listeners).toBe(0);
});

test.each([
  ['respond-async', 'respond-async'],
  ['wait=0', 'wait=0'],
  ['wait=-3, return=minimal', undefined],
])('Prefer: %s: 202 at once', async (prefer, applied) => {
  const { put, log } = app();
  const { statusCode, headers } = await put(prefer);
  expect(statusCode).toBe(202);
  expect(headers['preference-applied']).toBe(applied);
  expect(headers.vary).toBe('Prefer');
  expect(log.counts.opened).toBe(0);
});

test('a wait is capped', async () => {
  const { put } = app(({ log }) => log.append(succeeded));
  expect((await put(['wait=86400', 'wait=1'])).headers['preference-applied']).toBe('wait=2');
});

test.each([
  ['lenient', undefined, 200, { state: 'failed', error: { code: 'job-timed-out' } }],
  ['strictly', 'strict', 504, { code: 'job-timed-out', status: 504, detail: 'too long' }],
])('a job that fails, %s', async (_name, handling, status, body) => {
  const { put, get, jobs } = app(({ log }) => log.append(failed));
  const prefer = handling === undefined ? 'wait=2' : `wait=2, handling=${handling}`;
  jobs.set('test.echo/a', queuedJob('test.echo', 'a', { state: 'failed', error: failed.error }));
  for (const answer of [await put(prefer), await get({ prefer })]) {
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject(body);
    expect(answer.headers['preference-applied']).toBe(prefer);
    expect(answer.headers['content-type']).toContain(status === 200 ? 'application/json' : 'application/problem+json');
  }
});

test('another payload came first under the id: 409, not the result of another call', async () => {
  const { put } = app(async ({ log }) => {
    await log.append({ ...succeeded, digest: 'f'.repeat(64), command: { ...job.command, offset: 40 } });
    setTimeout(() => log.append(eventOf(job, 'rejected')), 50);
  });
  const { statusCode, json } = await put('wait=2');
  expect(statusCode).toBe(409);
  expect(json()).toMatchObject({ code: 'id-conflict' });
});

test('GET waits for the end, and its ETag is that of the end', async () => {
  const { get, jobs, log, someoneWaits } = app();
  jobs.set('test.echo/a', job);
  const etag = String((await get({})).headers.etag);
  const answer = get({ prefer: 'wait=2', 'if-none-match': etag });
  await someoneWaits();
  await log.append(succeeded);
  const { statusCode, headers, json } = await answer;
  expect(statusCode).toBe(200);
  expect(json()).toMatchObject({ state: 'succeeded' });
  expect(headers.etag).not.toBe(etag);
});

test('GET whose time runs out: 200 with what is known; 304 where that is nothing new', async () => {
  const { get, jobs } = app();
  jobs.set('test.echo/a', job);
  const { statusCode, headers, json } = await get({ prefer: 'wait=1' });
  expect(statusCode).toBe(200);
  expect(headers).toMatchObject({ 'retry-after': '1', 'preference-applied': 'wait=1' });
  expect(json()).toMatchObject({ state: 'queued' });
  expect((await get({ prefer: 'wait=1', 'if-none-match': headers.etag })).statusCode).toBe(304);
});

test('an end that came just before the listening is found in the read model', async () => {
  const { get, jobs, someoneWaits } = app();
  jobs.set('test.echo/a', job);
  const answer = get({ prefer: 'wait=2' });
  await someoneWaits();
  jobs.set('test.echo/a', queuedJob('test.echo', 'a', { state: 'succeeded', eventOffset: 3 }));
  expect((await answer).json()).toMatchObject({ state: 'succeeded' });
});

test('a wait ends when its client goes away', async () => {
  const hub = createEventHub({ hear: () => undefined, ...createFakeLog().hubOptions, log: pino({ level: 'silent' }) });
  const lookUp = { findIfThere: async () => undefined };
  const waiting = createWaiting({ hub, lookUp, maxWaitMs: 3_600_000 });
  const { app: server } = createTestApp({ waiting });
  const at = (await server.listen({ port: 0, host: '127.0.0.1' })) + url;
  const away = new AbortController();
  const [headers, body] = [{ prefer: 'wait=3600', 'content-type': 'application/json' }, '{"n":1,"text":"x"}'];
  const answer = fetch(at, { method: 'PUT', headers, body, signal: away.signal });
  await vi.waitFor(() => expect(waiting.count).toBe(1));
  away.abort();
  await expect(answer).rejects.toThrow();
  await vi.waitFor(() => expect([waiting.count, hub.listeners]).toEqual([0, 0]));
  await server.close();
});

test('a process that stops answers all who wait at once, as if their time had run out', async () => {
  const { put, get, jobs, app: server, hub } = app();
  jobs.set('test.echo/b', queuedJob('test.echo', 'b'));
  const answers = [put('wait=2'), server.inject({ url: '/jobs/test.echo/b', headers: { prefer: 'wait=2' } })];
  await vi.waitFor(() => expect(hub.listeners).toBe(2));
  const began = performance.now();
  const closed = server.close();
  expect((await Promise.all(answers)).map(({ statusCode }) => statusCode)).toEqual([202, 200]);
  expect(performance.now() - began).toBeLessThan(1_500);
  await closed;
  expect(hub.listeners).toBe(0);
  expect((await get({}).catch(() => ({ statusCode: 503 }))).statusCode).toBe(503);
});
