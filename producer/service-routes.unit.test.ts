// What operators ask: liveness, readiness and metrics.
import { expect, test } from 'vitest';
import { createTestApp } from './app.fixture.ts';

test('alive is not ready', async () => {
  const { app } = createTestApp({ ready: async () => ({ kafka: 'ok', mongodb: 'no server answers' }) });
  expect((await app.inject('/livez')).json()).toEqual({ status: 'ok' });
  const ready = await app.inject('/readyz');
  expect(ready.statusCode).toBe(503);
  expect(ready.json()).toEqual({ status: 'unavailable', checks: { kafka: 'ok', mongodb: 'no server answers' } });
});

test('ready when every check is ok; a check that throws is one that failed', async () => {
  expect((await createTestApp().app.inject('/readyz')).statusCode).toBe(200);
  const failing = createTestApp({ ready: () => Promise.reject(new Error('broken check')) });
  const answer = await failing.app.inject('/readyz');
  expect([answer.statusCode, answer.json().checks]).toEqual([503, { ready: 'broken check' }]);
});

const counted = (route: string, method: string, status: number) =>
  `putlog_http_request_duration_seconds_count{service="api",route="${route}",method="${method}",status="${status}"}`;

test('requests are counted by route, method and status, never by address', async () => {
  const { app, goodPut } = createTestApp();
  for (const id of ['a', 'b', 'c']) await goodPut(id);
  await app.inject('/jobs/test.echo/nobody');
  await app.inject('/no/such/address');
  const { body, headers } = await app.inject('/metrics');
  expect(headers['content-type']).toMatch(/^text\/plain/);
  const counts = body.split('\n').filter((line) => line.startsWith('putlog_http_request_duration_seconds_count'));
  expect(counts).toEqual([
    `${counted('/jobs/test.echo/:id', 'PUT', 202)} 3`,
    `${counted('/jobs/test.echo/:id', 'GET', 404)} 1`,
    `${counted('none', 'GET', 404)} 1`,
  ]);
});
