// Invariant: a limit of a type holds over all workers together, whatever its size, also when it is changed while they run; a queue
// that is paused begins nothing, accepts all the same, and loses nothing.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import { endToEndJobs, useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_SESSION_TIMEOUT_MS: '6000', PUTLOG_JOBS: endToEndJobs } });
const type = 'test.nap';
let api: Api;

beforeAll(async () => {
  const started = await Promise.all([
    system.startApi(),
    system.start('worker'),
    system.start('worker'),
    system.start('projector'),
  ]);
  api = started[0];
});

const json = { 'content-type': 'application/json' };
const limit = (body: object) => api.request('PUT', `/limits/${type}`, { body: JSON.stringify(body), headers: json });

async function submit(count: number, ms: number) {
  const file = join(system.folder, randomUUID());
  await writeFile(file, '');
  const names = Array.from({ length: count }, () => `${type}/${randomUUID()}`);
  const answers = await inParallel(16, names, (name) => api.put(name, { ms, file }));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const lines = async () => (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  return { names, lines };
}

/** The most that ran at once, by the order of the lines that they wrote. */
function mostAtOnce(lines: readonly string[]): number {
  let [running, most] = [0, 0];
  for (const line of lines) {
    running += line.endsWith('begins') ? 1 : -1;
    most = Math.max(most, running);
  }
  return most;
}

const isDone = { state: 'succeeded' };

test.each([
  [1, 12],
  [3, 40],
  [13, 150],
])('at most %i at once, in two workers with eight partitions', async (concurrency, count) => {
  expect((await limit({ concurrency })).body).toMatchObject({ type, concurrency });
  const { names, lines } = await submit(count, 100);
  for (const job of await api.finished(names, 120_000)) expect(job).toMatchObject(isDone);
  const most = mostAtOnce(await lines());
  expect(most).toBeLessThanOrEqual(concurrency);
  expect(most).toBeGreaterThanOrEqual(Math.min(3, concurrency));
});

test('so many a second', async () => {
  await limit({ perSecond: 20 });
  const began = performance.now();
  const { names } = await submit(100, 0);
  for (const job of await api.finished(names, 120_000)) expect(job).toMatchObject(isDone);
  // A hundred at twenty a second, but for what each worker may begin at once.
  expect(performance.now() - began).toBeGreaterThan(4_000);
});

test('a limit that is taken away lets go what waits for it', async () => {
  await limit({ perSecond: 0.001 });
  const { names } = await submit(20, 0);
  await until('one of the others', async () => ((await api.get(names[0] ?? '')).status === 200 ? true : undefined));
  expect((await api.request('DELETE', `/limits/${type}`)).body).toEqual({ type });
  for (const job of await api.finished(names)) expect(job).toMatchObject(isDone);
});

test('paused: accepted, not begun, also when the worker comes later; going on: all done, once', async () => {
  expect((await api.request('POST', '/queues/default/pause')).body).toMatchObject({ paused: true });
  const { names, lines } = await submit(50, 0);
  const cancelled = names.at(-1) ?? '';
  const late = await system.start('worker');
  expect((await api.request('DELETE', `/jobs/${cancelled}`)).status).toBe(202);
  expect(await api.finished([cancelled])).toMatchObject([{ state: 'cancelled' }]);
  expect(await lines()).toEqual([]);
  const depth = async () => Number((await api.request('GET', '/queues/default')).body.depth);
  await until('the depth of what waits', async () => ((await depth()) === 49 ? true : undefined), 20_000);

  expect((await api.request('POST', '/queues/default/resume')).body).toMatchObject({ paused: false });
  for (const job of await api.finished(names.slice(0, -1))) expect(job).toMatchObject(isDone);
  expect((await lines()).filter((line) => line.endsWith('begins'))).toHaveLength(49);
  await until('nothing left', async () => ((await depth()) === 0 ? true : undefined), 20_000);
  await late.end('SIGTERM');
});
