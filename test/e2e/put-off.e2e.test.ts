// Invariant: what was put off, by its client or for another attempt, runs when it is due, and has one outcome; a worker that is
// killed at any point loses no timer and fires none to another effect.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_SESSION_TIMEOUT_MS: '6000' } });
let api: Api;
let worker: ServiceProcess;

beforeAll(async () => {
  [api, worker] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

async function emptyFile() {
  const file = join(system.folder, randomUUID());
  await writeFile(file, '');
  const lines = async () => (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  return { file, lines };
}
const stateOf = async (name: string) => (await api.get(name)).body.state;
const untilState = (name: string, state: string) =>
  until(`${name} ${state}`, async () => (await stateOf(name)) === state || undefined);

test.each(['delay=5', 'delay=PT5S', 'notBefore'])(
  'a call with %s is scheduled, and runs when it is due',
  async (query) => {
    const name = `demo.echo/${randomUUID()}`;
    const wanted = new Date(Date.now() + 5_000).toISOString();
    const put = await api.put(`${name}?${query === 'notBefore' ? `notBefore=${wanted}` : query}`, { n: 1, text: '' });
    expect(put).toMatchObject({ status: 202, body: { state: 'scheduled' } });
    const dueAt = Date.parse(String(put.body.dueAt));
    await untilState(name, 'scheduled');
    const [job] = await api.finished([name]);
    expect(job).toMatchObject({ state: 'succeeded', attempt: 1 });
    expect(job).not.toHaveProperty('dueAt');
    const late = Date.parse(String(job?.startedAt)) - dueAt;
    expect(late).toBeGreaterThanOrEqual(0);
    console.log(`${query}: ran ${late} ms after it was due`);
  },
);

test('the same call again while it is scheduled is known; with another payload it is a conflict', async () => {
  const name = `demo.echo/${randomUUID()}`;
  const first = await api.put(`${name}?delay=3600`, { n: 1, text: '' });
  const second = await api.put(`${name}?delay=60`, { n: 1, text: '' });
  expect([first.status, second.status]).toEqual([202, 200]);
  expect(second.body.dueAt).toBe(first.body.dueAt);
  expect((await api.put(name, { n: 2, text: '' })).status).toBe(409);
});

test('a call that fails: its last error and its next attempt can be read, then it goes well', async () => {
  const { file, lines } = await emptyFile();
  const name = `test.again/${randomUUID()}`;
  await api.put(name, { file, failures: 1, afterMs: 5_000 });
  await untilState(name, 'retrying');
  const { body } = await api.get(name);
  expect(body).toMatchObject({ attempt: 1, error: { code: 'job-failed' }, dueAt: expect.any(String) });
  expect(Date.parse(String(body.dueAt)) - Date.parse(String(body.updatedAt))).toBeGreaterThan(1_000);
  const [job] = await api.finished([name]);
  expect(job).toMatchObject({ state: 'succeeded', attempt: 2, result: { attempt: 2 } });
  expect(job).not.toHaveProperty('error');
  expect((await lines()).map((line) => line.split(' ')[1])).toEqual(['1', '2']);
});

test('a call that fails for good, and one that fails each time', async () => {
  const { file, lines } = await emptyFile();
  const [final, each] = ['final', 'each'].map((id) => `test.again/${id}-${randomUUID()}`) as [string, string];
  await api.put(final, { file, failures: 0, final: true });
  await api.put(each, { file, failures: 99 });
  expect(await api.finished([final, each])).toMatchObject([
    { state: 'failed', attempt: 1, error: { detail: 'never again' } },
    { state: 'failed', attempt: 4, error: { detail: 'attempt 4 fails' } },
  ]);
  expect(await lines()).toHaveLength(5);
});

test('a type that keeps the order of its keys: what comes behind a call that is retried waits for it', async () => {
  const { file, lines } = await emptyFile();
  const run = randomUUID();
  for (const [id, failures] of [
    ['first', 2],
    ['second', 0],
  ] as const)
    await api.put(`test.in-order/${run}-${id}?key=${run}`, { file, failures });
  await api.put(`test.in-order/${run}-beside?key=other-${run}`, { file, failures: 0 });
  await api.finished(['first', 'second', 'beside'].map((id) => `test.in-order/${run}-${id}`));
  const ran = (await lines()).map((line) => line.slice(run.length + 1));
  expect(ran.filter((line) => !line.startsWith('beside'))).toEqual(['first 1', 'first 2', 'first 3', 'second 1']);
});

test('the worker is killed with -9 while 400 timers fall due, twice: each call has one outcome, and ran no more than it says', async () => {
  const { file, lines } = await emptyFile();
  const run = randomUUID();
  const names = Array.from({ length: 400 }, (_, n) => `test.again/${run}-${n}`);
  const puts = await inParallel(16, names, (name) => {
    const n = names.indexOf(name);
    return api.put(`${name}?delay=${(2 + n / 40).toFixed(3)}`, { file, failures: n % 2 });
  });
  expect(puts.filter(({ status }) => status !== 202)).toEqual([]);
  for (let kill = 0; kill < 2; kill++) {
    await delay(1_500 + Math.random() * 1_500);
    await worker.end('SIGKILL');
    worker = await system.start('worker');
  }
  const jobs = await api.finished(names, 90_000);
  expect(jobs.filter(({ state }) => state !== 'succeeded')).toEqual([]);
  const seen = await readTopic(system.brokers, system.topics.events);
  const expected = new Map(names.map((name) => [name, 'succeeded']));
  expect(
    breachesOfOneOutcome(
      seen.filter(({ subject }) => subject.includes(run)),
      expected,
    ),
  ).toEqual([]);
  // A run that was killed left its line, and counts as an attempt.
  const ran = Map.groupBy(await lines(), (line) => line.split(' ')[0]);
  for (const { id, attempt } of jobs) expect(ran.get(String(id))?.length ?? 0).toBeLessThanOrEqual(Number(attempt));
  const lost = jobs.filter(({ id, attempt }) => Number(attempt) > 1 + (Number(String(id).split('-').at(-1)) % 2));
  console.log(`400 timers, two kills: ${lost.length} calls lost an attempt with their worker`);
});
