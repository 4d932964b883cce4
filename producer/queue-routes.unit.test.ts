import { afterAll, expect, test } from 'vitest';
import { createTestApp } from './app.fixture.ts';

const { app } = createTestApp();
afterAll(() => app.close());

const send = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object | string) => {
  const answer = await app.inject({
    method,
    url,
    ...(payload !== undefined && { payload, headers: { 'content-type': 'application/json' } }),
  });
  return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.json() };
};

const queue = {
  name: 'default',
  types: ['test.anything', 'test.echo'],
  paused: false,
  depth: 7,
  oldestAt: '2026-01-01T00:00:00.000Z',
};

test('what waits: all behind the last that was taken, and those before it that are not done', async () => {
  expect(await send('GET', '/queues')).toMatchObject({ status: 200, body: { queues: [queue] } });
  expect((await send('GET', '/queues/default')).body).toEqual(queue);
});

test('pausing, twice, and going on, twice', async () => {
  const paused = { ...queue, paused: true, pausedAt: '2026-01-02T00:00:00.000Z' };
  for (const _ of [1, 2]) expect((await send('POST', '/queues/default/pause')).body).toEqual(paused);
  expect((await send('GET', '/queues/default')).body).toEqual(paused);
  for (const _ of [1, 2]) expect((await send('POST', '/queues/default/resume')).body).toEqual(queue);
});

test('a limit is set, changed, and that of the definition holds again', async () => {
  const changedAt = '2026-01-02T00:00:00.000Z';
  expect((await send('GET', '/limits')).body).toEqual({ limits: [{ type: 'test.anything' }, { type: 'test.echo' }] });
  expect((await send('PUT', '/limits/test.echo', { concurrency: 3 })).body).toEqual({
    type: 'test.echo',
    concurrency: 3,
    changedAt,
  });
  expect((await send('PUT', '/limits/test.echo', { perSecond: 0.5 })).body).toEqual({
    type: 'test.echo',
    perSecond: 0.5,
    changedAt,
  });
  expect((await send('GET', '/limits/test.echo')).body).toMatchObject({ perSecond: 0.5 });
  expect(await send('DELETE', '/limits/test.echo')).toMatchObject({ status: 200, body: { type: 'test.echo' } });
  expect((await send('GET', '/limits/test.echo')).body).toEqual({ type: 'test.echo' });
});

test.each([
  ['GET', '/queues/none', undefined, 404, 'unknown-queue'],
  ['POST', '/queues/none/pause', undefined, 404, 'unknown-queue'],
  ['GET', '/limits/no.type', undefined, 404, 'unknown-job-type'],
  ['DELETE', '/limits/no.type', undefined, 404, 'unknown-job-type'],
  ['PUT', '/limits/no.type', { concurrency: 1 }, 404, 'unknown-job-type'],
  ['PUT', '/limits/test.echo', {}, 422, 'invalid-payload'],
  ['PUT', '/limits/test.echo', { concurrency: 0 }, 422, 'invalid-payload'],
  ['PUT', '/limits/test.echo', { concurrency: 1.5 }, 422, 'invalid-payload'],
  ['PUT', '/limits/test.echo', { perSecond: 0 }, 422, 'invalid-payload'],
  ['PUT', '/limits/test.echo', { per_second: 1 }, 422, 'invalid-payload'],
  ['PUT', '/limits/test.echo', '{', 400, 'malformed-json'],
  ['PUT', '/limits/test.echo', undefined, 422, 'invalid-payload'],
] as const)('%s %s with %j: %i %s', async (method, url, payload, status, code) => {
  expect(await send(method, url, payload)).toMatchObject({
    status,
    type: expect.stringContaining('problem+json'),
    body: { code },
  });
});
