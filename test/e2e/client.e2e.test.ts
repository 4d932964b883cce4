// The client against real processes: calls, waits, follows through a restart of the api, sends a batch, lists, cancels.
import { beforeAll, expect, test } from 'vitest';
import { type Client, createClient, isFinished, isRefused, type JobEvent, resultOf } from '../../client/index.ts';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import type { ServiceProcess } from './service-process.ts';
import { endToEndJobs, useSystem } from './system.ts';

type Jobs = {
  'demo.echo': { payload: { n: number; text: string }; result: { n: number; length: number } };
  'demo.sleep': { payload: { ms: number }; result: unknown };
};

const system = useSystem({ settings: { PUTLOG_JOBS: endToEndJobs } });
let api: Api & { process: ServiceProcess };
let putlog: Client<Jobs>;

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
  putlog = createClient<Jobs>({ url: api.url });
});

test('put, wait, result; the same again is the same job, another payload is refused', async () => {
  const job = await putlog.put('demo.echo', 'client', { n: 1, text: 'hello' });
  expect(job).toMatchObject({ type: 'demo.echo', id: 'client' });
  expect(resultOf(await putlog.wait(job, { timeout: 60_000 }))).toEqual({ n: 1, length: 5 });
  expect(await putlog.put('demo.echo', 'client', { n: 1, text: 'hello' })).toMatchObject({ state: 'succeeded' });
  await expect(putlog.put('demo.echo', 'client', { n: 2, text: '' })).rejects.toMatchObject({ code: 'id-conflict' });
});

test('cancel ends what runs, and wait tells how it ended', async () => {
  const job = await putlog.put('demo.sleep', 'client', { ms: 50_000 });
  await putlog.cancel(job);
  const over = await putlog.wait(job, { timeout: 60_000 });
  expect(over.state).toBe('cancelled');
  expect(() => resultOf(over)).toThrow('cancelled');
  expect(isFinished(await putlog.get(job))).toBe(true);
});

test('wait: the answer to put is the end of the job', async () => {
  const job = await putlog.put('demo.echo', 'waited', { n: 2, text: 'x' }, { wait: 30_000 });
  expect(job).toMatchObject({ state: 'succeeded', result: { n: 2, length: 1 } });
});

test('submit: two calls with one key are one job', async () => {
  const once = () => putlog.submit('demo.echo', { n: 3, text: '' }, { idempotencyKey: 'client-3' });
  const [first, second] = [await once(), await once()];
  expect(second.id).toBe(first.id);
  expect((await putlog.submit('demo.echo', { n: 3, text: '' })).id).not.toBe(first.id);
});

test('follow: each event once, through a restart of the api', async () => {
  const other = await system.startApi();
  const port = new URL(other.url).port;
  const following = createClient({ url: other.url });
  const job = await putlog.put('demo.sleep', 'followed', { ms: 20_000 });
  const events: JobEvent[] = [];
  for await (const event of following.follow(job)) {
    events.push(event);
    if (event.kind !== 'started') continue;
    await other.process.end('SIGTERM');
    await system.startApi({ PUTLOG_PORT: port });
    await putlog.cancel(job);
  }
  expect(events.map(({ kind }) => kind)).toEqual(['started', 'cancelled']);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});

test('batch: every call has its answer, in order', async () => {
  const calls = Array.from({ length: 2_000 }, (_, n) => ({
    ...{ type: 'demo.echo' as const, id: `batch-${n}`, payload: { n: n === 7 ? 0.5 : n, text: '' } },
  }));
  const refused: number[] = [];
  let lines = 0;
  for await (const answer of putlog.batch(calls)) {
    lines += 1;
    expect(answer.line).toBe(lines);
    if (isRefused(answer)) refused.push(answer.line);
  }
  expect([lines, refused]).toEqual([2_000, [8]]);
  const last = await putlog.wait({ type: 'demo.echo', id: 'batch-1999' }, { timeout: 60_000 });
  expect(last.state).toBe('succeeded');
});

test('list: every page, newest first', async () => {
  await putlog.wait(await putlog.put('demo.echo', 'listed', { n: 4, text: '' }, { key: 'listed' }), {
    timeout: 60_000,
  });
  // A list is as of the read model, which may be behind what a wait was told.
  const listed = await until('it is in the list', async () => {
    const found = await Array.fromAsync(putlog.list({ type: 'demo.echo', key: 'listed' }));
    return found.length > 0 ? found : undefined;
  });
  expect(listed.map(({ id }) => id)).toEqual(['listed']);
  const all = await Array.fromAsync(putlog.list({ type: 'demo.echo', pageSize: 2 }));
  const times = all.map(({ createdAt }) => createdAt);
  expect(times.length).toBeGreaterThanOrEqual(3);
  expect(times).toEqual(times.toSorted().reverse());
});
