// Invariant: one job, one recorded outcome, whoever owns its partition while it runs. Workers join and leave, one is
// stopped for longer than its session and goes on as a zombie, one blocks its event loop for as long.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { endToEndJobs, useSystem } from './system.ts';

const sessionMs = 6_000;
const system = useSystem({ settings: { PUTLOG_JOBS: endToEndJobs, PUTLOG_SESSION_TIMEOUT_MS: String(sessionMs) } });
const file = join(system.folder, 'naps');
let api: Api;

beforeAll(async () => {
  await writeFile(file, '');
  [api] = await Promise.all([system.startApi(), system.start('projector')]);
});

afterEach(() => Promise.all(system.alive().flatMap((one) => (one.role === 'worker' ? [one.end('SIGKILL')] : []))));

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const begins = async (prefix: string) =>
  (await readFile(file, 'utf8')).split('\n').flatMap((line) => {
    const [id = '', what] = line.split(' ');
    return what === 'begins' && id.startsWith(prefix) ? [id] : [];
  });
const ran = (prefix: string, count: number) =>
  until(`${count} of ${prefix} run`, async () => (new Set(await begins(prefix)).size >= count ? true : undefined));
const said = (worker: ServiceProcess, text: string, times = 1) =>
  until(`"${text}"`, async () => ((await worker.output()).split(text).length > times ? true : undefined));

async function expectOneOutcome(names: string[]) {
  const jobs = await api.finished(names, 120_000);
  expect(jobs.filter(({ state }) => state !== 'succeeded')).toEqual([]);
  const expected = new Map(names.map((name) => [name, 'succeeded']));
  const events = await readTopic(system.brokers, system.topics.events);
  const ours = events.filter(({ subject }) => expected.has(subject));
  expect(breachesOfOneOutcome(ours, expected)).toEqual([]);
}

test('a worker joins: what stays where it is goes on running, also for longer than a session', async () => {
  const first = await system.start('worker');
  const names = numbers(24).map((n) => `test.nap/stay-${n}`);
  const positions = new Map<string, string>();
  await inParallel(8, names, async (name) => {
    const { body } = await api.put(name, { ms: 1.5 * sessionMs, file });
    positions.set(name, String(body.position));
  });
  await ran('stay-', 24);
  const second = await system.start('worker');
  await expectOneOutcome(names);

  const partitionOf = (name: string) => positions.get(`test.nap/${name}`)?.replace(/@.*/, '');
  const movedTo = await second.output();
  const moved = (name: string) => {
    const [topic, partition] = partitionOf(name)?.split('/') ?? [];
    return movedTo
      .split('\n')
      .some(
        (line) =>
          line.includes('partition taken over') && line.includes(`"topic":"${topic}","partition":${partition},`),
      );
  };
  const all = await begins('stay-');
  const stayed = names.map((name) => name.replace('test.nap/', '')).filter((id) => !moved(id));
  expect(stayed.length, 'some partitions stay').toBeGreaterThan(0);
  expect(stayed.length, 'some partitions move').toBeLessThan(names.length);
  expect(all.filter((id) => stayed.includes(id)).toSorted()).toEqual(stayed.toSorted());
  await Promise.all([first, second].map((worker) => worker.end('SIGTERM')));
});

test('a zombie: stopped for longer than its session, its partitions taken over, then it goes on', async () => {
  const zombie = await system.start('worker');
  const names = numbers(32).map((n) => `test.nap/zombie-${n}`);
  await inParallel(8, names, (name) => api.put(name, { ms: 2_000, file }));
  await ran('zombie-', 32);
  process.kill(zombie.pid, 'SIGSTOP');
  const heir = await system.start('worker');
  await expectOneOutcome(names);
  process.kill(zombie.pid, 'SIGCONT');
  await said(zombie, 'did not run for longer than its session');
  // It comes back as a member like any other.
  await said(zombie, 'joined the group', 2);
  const more = numbers(40).map((n) => `test.nap/after-${n}`);
  await inParallel(8, more, (name) => api.put(name, { ms: 10, file }));
  await expectOneOutcome([...names, ...more]);
  expect(zombie.hasEnded()).toBe(false);
  await Promise.all([zombie, heir].map((worker) => worker.end('SIGTERM')));
});

test('an event loop that is blocked for longer than a session: each job has its outcome, the one that blocks too', async () => {
  const blocked = await system.start('worker');
  const names = ['test.block/one', ...numbers(16).map((n) => `test.nap/beside-${n}`)];
  await inParallel(8, names.slice(1), (name) => api.put(name, { ms: 3_000, file }));
  await ran('beside-', 16);
  await api.put('test.block/one', { ms: 1.5 * sessionMs });
  await said(blocked, 'did not run for longer than its session');
  await expectOneOutcome(names);
  await blocked.end('SIGTERM');
});
