import { expect, test } from 'vitest';
import { jobKey } from '../schemas/job-status.ts';
import { createTestApp, queuedJob } from './app.fixture.ts';

const known = (id: string, fields = {}) => [jobKey('test.echo', id), queuedJob('test.echo', id, fields)] as const;

test('a job that is not over: 202, its status, and what is asked for', async () => {
  const { app, jobs, cancelled } = createTestApp();
  jobs.set(...known('a', { state: 'running' }));
  const answer = await app.inject({ method: 'DELETE', url: '/jobs/test.echo/a' });
  expect(answer.statusCode).toBe(202);
  expect(answer.headers).toMatchObject({ location: '/jobs/test.echo/a', 'retry-after': '1' });
  expect(answer.json()).toMatchObject({ id: 'a', state: 'running' });
  expect(cancelled).toEqual(['test.echo/a']);
});

test.each(['succeeded', 'failed', 'cancelled'] as const)(
  'a job that has %s: 200, and nothing is asked for',
  async (state) => {
    const { app, jobs, cancelled } = createTestApp();
    jobs.set(...known('a', { state }));
    const answer = await app.inject({ method: 'DELETE', url: '/jobs/test.echo/a' });
    expect([answer.statusCode, answer.json().state]).toEqual([200, state]);
    expect(cancelled).toEqual([]);
  },
);

test('If-Match: only what the client has seen', async () => {
  const { app, jobs, cancelled } = createTestApp();
  jobs.set(...known('a'));
  const { etag } = (await app.inject({ method: 'GET', url: '/jobs/test.echo/a' })).headers;
  const remove = (condition: string) =>
    app.inject({ method: 'DELETE', url: '/jobs/test.echo/a', headers: { 'if-match': condition } });
  for (const other of ['"other"', `W/${etag}`, '']) {
    const answer = await remove(other);
    expect(answer.statusCode).toBe(412);
    expect(answer.json()).toMatchObject({ code: 'precondition-failed' });
  }
  expect(cancelled).toEqual([]);
  for (const same of [String(etag), `"other", ${etag}`, '*']) expect((await remove(same)).statusCode).toBe(202);
  expect(cancelled).toHaveLength(3);
});

test.each([
  ['/jobs/test.echo/none', 404, 'unknown-job'],
  ['/jobs/Test/none', 404, 'unknown-job-type'],
  ['/jobs/test.echo/a%20b', 400, 'invalid-id'],
])('%s: %i', async (url, status, code) => {
  const { app, cancelled } = createTestApp();
  const answer = await app.inject({ method: 'DELETE', url });
  expect(answer.statusCode).toBe(status);
  expect(answer.json()).toMatchObject({ code });
  expect(cancelled).toEqual([]);
});
