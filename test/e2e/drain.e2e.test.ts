// Invariant: SIGTERM ends a process within its deadline with nothing run twice. A worker with jobs running finishes them
// and starts no more; what waited behind them is the next worker's. An API under load answers what it has begun.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { endToEndJobs, useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_JOBS: endToEndJobs } });
const file = join(system.folder, 'naps');
let api: Api;
let leaving: Api & { process: ServiceProcess };
let worker: ServiceProcess;

beforeAll(async () => {
  await writeFile(file, '');
  [api, leaving, worker] = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('projector'),
  ]);
});

const naps = async () => (await readFile(file, 'utf8')).trim().split('\n');
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

test('nothing runs twice: SIGTERM of a worker with 20 jobs running, and one waiting behind each', async () => {
  const pairs = numbers(20).map((n) => [`first-${n}`, `second-${n}`] as const);
  for (const [first, second] of pairs) {
    await api.put(`test.nap/${first}?key=${first}`, { ms: 2_000, file });
    await api.put(`test.nap/${second}?key=${first}`, { ms: 10, file });
  }
  await until('20 jobs running', async () => ((await naps()).length === 20 ? true : undefined));
  const asked = performance.now();
  expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null });
  const took = performance.now() - asked;
  // What was running has ended, nothing else has begun.
  const both = (id: string) => [`${id} begins`, `${id} ends`];
  expect((await naps()).toSorted()).toEqual(pairs.flatMap(([first]) => both(first)).sort());
  expect(took).toBeLessThan(10_000);

  // It left its group in good order, so nobody waits for its session.
  await system.start('worker');
  const names = pairs.flat().map((id) => `test.nap/${id}`);
  const states = (await api.finished(names)).map(({ state }) => state);
  expect(states.filter((state) => state !== 'succeeded')).toEqual([]);
  expect((await naps()).toSorted()).toEqual(pairs.flat().flatMap(both).sort());
  const events = await readTopic(system.brokers, system.topics.events);
  expect(breachesOfOneOutcome(events, new Map(names.map((name) => [name, 'succeeded'])))).toEqual([]);
});

test('a 202 is never lost: SIGTERM of an API with PUTs in flight; each is answered or cut before it was accepted', async () => {
  const names = numbers(500).map((n) => `demo.echo/leaving-${n}`);
  const answered: string[] = [];
  const puts = inParallel(64, names, async (name) => {
    try {
      const { status } = await leaving.put(name, { n: 1, text: '' });
      if (status === 202) answered.push(name);
      return status;
    } catch (error) {
      // The server is gone: nobody was promised anything.
      if (error instanceof Error) return error.name;
      throw error;
    }
  });
  await until('100 answers', async () => (answered.length >= 100 ? true : undefined));
  expect(await leaving.process.end('SIGTERM')).toEqual({ code: 0, signal: null });
  const outcomes = new Set(await puts);
  expect(outcomes.isSubsetOf(new Set([202, 503, 'SocketError', 'ConnectTimeoutError', 'Error']))).toBe(true);
  const states = (await api.finished(answered)).map(({ state }) => state);
  expect(states.filter((state) => state !== 'succeeded')).toEqual([]);
});
