// The health server over a loopback connection: its three addresses, and that closing does not wait for idle clients.
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startHealthServer } from './health-server.ts';
import { createMetrics } from './metrics.ts';

test('it answers /livez, /readyz and /metrics, and closes at once', async () => {
  const checks: Record<string, string> = { kafka: 'ok' };
  const metrics = createMetrics('worker');
  metrics.jobFinished('demo.echo', 'succeeded', 0.02);
  metrics.batchAppended('putlog.events', 3, 0.002);
  metrics.flushed(5, 0.01);
  metrics.gauge('queue_records', 'What waits', () => 12);
  const server = await startHealthServer({ port: 0, host: '127.0.0.1', ready: async () => checks, metrics });
  const statusOf = async (path: string) => (await fetch(server.url + path)).status;

  expect(await statusOf('/livez')).toBe(200);
  expect(await statusOf('/readyz?verbose')).toBe(200);
  checks.kafka = 'no broker answers';
  const unready = await fetch(`${server.url}/readyz`);
  expect([unready.status, await unready.json()]).toEqual([503, { status: 'unavailable', checks }]);
  expect(await statusOf('/else')).toBe(404);

  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toContain('putlog_job_duration_seconds_count{service="worker",type="demo.echo",outcome="succeeded"} 1');
  expect(text).toContain('putlog_append_records_sum{service="worker",topic="putlog.events"} 3');
  expect(text).toContain('putlog_projection_flush_records_sum{service="worker"} 5');
  expect(text).toContain('putlog_queue_records{service="worker"} 12');
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');

  const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(idle, 'connect');
  const ended = once(idle, 'close');
  idle.resume();
  await Promise.all([server.close(), ended]);
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow('fetch failed');
});

test('a port that is taken is an error of the start', async () => {
  const options = { host: '127.0.0.1', ready: async () => ({}), metrics: createMetrics('worker') };
  const first = await startHealthServer({ port: 0, ...options });
  const port = Number(new URL(first.url).port);
  await expect(startHealthServer({ port, ...options })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await first.close();
});
