// Invariant: a queue that is full takes nothing new and says when to come again, what it has accepted is known, and
// it takes more once workers have caught up. That is told apart from a client that is over its own share.
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { useSystem } from './system.ts';

const most = 5;
const system = useSystem({ settings: { PUTLOG_MAX_QUEUE_DEPTH: String(most), PUTLOG_SESSION_TIMEOUT_MS: '6000' } });
let api: Api;

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('projector')]);
});

const put = (id: number) => api.put(`demo.echo/${id}`, { n: id, text: '' });

test('full, and not full any more', async () => {
  let accepted = 0;
  const refused = await until('a queue that is full', async () => {
    const answer = await put(accepted);
    if (answer.status !== 202) return answer;
    accepted++;
    return undefined;
  });
  expect(refused).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
    body: { code: 'queue-full', retriable: true },
  });
  expect(accepted).toBeGreaterThanOrEqual(most);
  expect((await put(0)).status).toBe(200);

  await system.start('worker');
  const names = Array.from({ length: accepted }, (_, id) => `demo.echo/${id}`);
  for (const job of await api.finished(names)) expect(job).toMatchObject({ state: 'succeeded' });
  await until('room', async () => ((await put(accepted)).status === 202 ? true : undefined));
});

test('a client over its share is told so, and when to come again', async () => {
  const limited = await system.startApi({ PUTLOG_RATE_LIMIT: '3/1h' });
  const ask = () => limited.request('GET', '/limits');
  for (const left of [2, 1, 0]) {
    const { status, headers } = await ask();
    expect([status, headers['ratelimit-policy']]).toEqual([200, '"burst";q=3;w=3600']);
    expect(headers.ratelimit).toMatch(new RegExp(`^"burst";r=${left};t=\\d+$`));
  }
  const over = await ask();
  expect(over).toMatchObject({ status: 429, body: { code: 'rate-limited', retriable: true } });
  expect(Number(over.headers['retry-after'])).toBeGreaterThan(1_000);
  expect((await limited.request('GET', '/livez')).status).toBe(200);
});
