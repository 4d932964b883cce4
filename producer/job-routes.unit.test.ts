// PUT and GET of a job as a client sees them: statuses, header fields, conditions, what reaches the log.
import { expect, test } from 'vitest';
import { PutlogError } from '../schemas/problem.ts';
import { createTestApp, queuedJob } from './app.fixture.ts';

const done = (id: string) =>
  queuedJob('test.echo', id, {
    state: 'succeeded',
    startedAt: 1_000,
    finishedAt: 2_000,
    result: '{"n":1, "length":1}',
    eventOffset: 9,
  });

test('a new job: 202, Location, Retry-After, no ETag, its status', async () => {
  const { put, submitted } = createTestApp();
  const answer = await put('/jobs/test.echo/a-1', '{"n":1,"text":"x"}');
  expect(answer.statusCode).toBe(202);
  expect(answer.headers).toMatchObject({
    location: '/jobs/test.echo/a-1',
    'retry-after': '1',
    'content-type': 'application/json; charset=utf-8',
  });
  expect(answer.headers.etag).toBeUndefined();
  expect(answer.json()).toMatchObject({ type: 'test.echo', id: 'a-1', state: 'queued' });
  expect(submitted).toMatchObject([{ id: 'a-1', payload: { n: 1, text: 'x' }, mustBeNew: false }]);
  expect(submitted[0]).toMatchObject({ traceparent: undefined });
});

test('a known job: 200, and no Retry-After once it is terminal', async () => {
  const { goodPut, jobs } = createTestApp();
  jobs.set('test.echo/waiting', queuedJob('test.echo', 'waiting'));
  jobs.set('test.echo/done', done('done'));
  const waiting = await goodPut('waiting');
  const finished = await goodPut('done');
  expect([waiting.statusCode, waiting.headers['retry-after']]).toEqual([200, '1']);
  expect([finished.statusCode, finished.headers['retry-after']]).toEqual([200, undefined]);
  expect(finished.json().result).toEqual({ n: 1, length: 1 });
});

test('the key, the trace and the condition reach the log; a malformed trace does not', async () => {
  const { put, submitted } = createTestApp();
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const body = '{"n":1,"text":"x"}';
  await put('/jobs/test.echo/1?key=user%2042', body, { traceparent, 'if-none-match': '*' });
  await put('/jobs/test.echo/2', body, { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` });
  await put('/jobs/test.echo/3', body, { 'content-type': 'application/merge-patch+json; charset=utf-8' });
  expect(submitted).toMatchObject([
    { key: 'user 42', traceparent, mustBeNew: true },
    { traceparent: undefined },
    { id: '3' },
  ]);
});

test.each([
  ['id-conflict', 409, undefined],
  ['precondition-failed', 412, undefined],
  ['record-too-large', 413, undefined],
  ['log-unavailable', 503, '1'],
  ['overloaded', 503, '1'],
] as const)('what the log says is told: %s is %i', async (code, status, retryAfter) => {
  const { goodPut, logged } = createTestApp({ submit: () => Promise.reject(new PutlogError(code, 'so it is')) });
  const answer = await goodPut();
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['retry-after']).toBe(retryAfter);
  expect(answer.json()).toMatchObject({ code, detail: 'so it is' });
  expect(logged.filter(({ level }) => level > 20)).toEqual([]);
});

test('an error that knows when to come again says so', async () => {
  const submit = () => Promise.reject(new PutlogError('overloaded', 'full', { retryAfter: 7 }));
  expect((await createTestApp({ submit }).goodPut()).headers['retry-after']).toBe('7');
});

test('GET: an ETag that brings 304 until something changes; HEAD the same without a body', async () => {
  const { app, jobs } = createTestApp();
  jobs.set('test.echo/a', queuedJob('test.echo', 'a'));
  const first = await app.inject('/jobs/test.echo/a');
  expect(first.statusCode).toBe(200);
  expect(first.headers).toMatchObject({ 'retry-after': '1', vary: 'Prefer', 'cache-control': 'no-cache' });
  const etag = String(first.headers.etag);
  expect(etag).toMatch(/^"[^"]+"$/);

  const headers = { 'if-none-match': `"other", W/${etag}` };
  const unchanged = await app.inject({ url: '/jobs/test.echo/a', headers });
  expect([unchanged.statusCode, unchanged.body, unchanged.headers.etag]).toEqual([304, '', etag]);

  jobs.set('test.echo/a', done('a'));
  const changed = await app.inject({ url: '/jobs/test.echo/a', headers });
  expect([changed.statusCode, changed.headers['retry-after']]).toEqual([200, undefined]);
  expect(changed.body).toContain('"result":{"n":1, "length":1}');

  const head = await app.inject({ method: 'HEAD', url: '/jobs/test.echo/a' });
  expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', changed.headers.etag]);
  expect(head.headers['content-length']).toBe(changed.headers['content-length']);
});

test('a job that is not there is a 404; one of a type that is gone is found', async () => {
  const { app, jobs } = createTestApp();
  expect((await app.inject('/jobs/test.echo/nobody')).json()).toMatchObject({ status: 404, code: 'unknown-job' });
  expect((await app.inject('/jobs/NOT-A-TYPE/1')).json()).toMatchObject({ status: 404, code: 'unknown-job-type' });
  jobs.set('old.type/1', queuedJob('old.type', '1'));
  expect((await app.inject('/jobs/old.type/1')).json()).toMatchObject({ type: 'old.type', state: 'queued' });
});

test('a read model that is behind is a 503, not a 404', async () => {
  const readJob = () => Promise.reject(new PutlogError('read-model-behind', 'soon', { retryAfter: 2 }));
  const answer = await createTestApp({ readJob }).app.inject('/jobs/test.echo/a');
  expect([answer.statusCode, answer.headers['retry-after'], answer.json().code]).toEqual([
    503,
    '2',
    'read-model-behind',
  ]);
});

test('a request keeps the id it brought, if that is sane', async () => {
  const { app } = createTestApp();
  const idOf = async (id: string) =>
    (await app.inject({ url: '/livez', headers: { 'x-request-id': id } })).headers['x-request-id'];
  expect(await idOf('client-7')).toBe('client-7');
  expect(await idOf('a b')).toMatch(/^[0-9a-f-]{36}$/);
});
