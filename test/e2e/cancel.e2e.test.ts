// Invariant: a job that is cancelled ends, wherever it is and whichever process it was asked of; and where its own end and the
// wish for another one race, the log has one of them.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { readTopic, terminalEvents } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import { useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_SESSION_TIMEOUT_MS: '6000' } });
let apis: [Api, Api];

beforeAll(async () => {
  const started = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('worker'),
    system.start('projector'),
  ]);
  apis = [started[0], started[1]];
});

async function emptyFile() {
  const file = join(system.folder, randomUUID());
  await writeFile(file, '');
  return { file, lines: async () => (await readFile(file, 'utf8')).split('\n').filter(Boolean) };
}

/** Asked of an api that the job was not submitted to. */
const cancel = (name: string) => apis[1].request('DELETE', `/jobs/${name}`);
const stateOf = async (name: string) => (await apis[0].get(name)).body.state;
const isCancelled = { state: 'cancelled', error: { code: 'job-cancelled', status: 409 } };

test.each(['test.linger', 'test.linger-thread'])(
  '%s: the signal reaches the function within a second',
  async (type) => {
    const { file, lines } = await emptyFile();
    const name = `${type}/${randomUUID()}`;
    await apis[0].put(name, { file, ms: 60_000, heeds: true });
    await until('the call', async () => (await lines()).length > 0 || undefined);
    const asked = Date.now();
    expect((await cancel(name)).status).toBe(202);
    const [job] = await apis[0].finished([name]);
    expect(job).toMatchObject({ ...isCancelled, attempt: 1 });
    const line = await until('the abort', async () => (await lines()).find((text) => text.includes('aborted')));
    const ms = Number(line.split(' ').at(-1)) - asked;
    console.log(`${type}: the signal was aborted ${ms} ms after the DELETE was sent`);
  },
);

test('a function that heeds nothing: inline it is given up after its grace, in a thread it is ended', async () => {
  const { file, lines } = await emptyFile();
  const [inline, thread] = ['test.linger', 'test.linger-thread'].map((type) => `${type}/${randomUUID()}`) as [
    string,
    string,
  ];
  await apis[0].put(inline, { file, ms: 60_000, heeds: false });
  await apis[0].put(thread, { file, ms: 60_000, heeds: false, spins: true });
  await until('both calls', async () => (await lines()).length === 2 || undefined);
  await Promise.all([cancel(inline), cancel(thread)]);
  expect(await apis[0].finished([inline, thread], 30_000)).toMatchObject([isCancelled, isCancelled]);
});

test('scheduled, retrying, and behind another call: it ends without running', async () => {
  const { file, lines } = await emptyFile();
  const run = randomUUID();
  const scheduled = `test.count/${run}-scheduled`;
  await apis[0].put(`${scheduled}?delay=3600`, { file });
  const retrying = `test.again/${run}-retrying`;
  await apis[0].put(retrying, { file, failures: 9, afterMs: 3_600_000 });
  const inPlace = `test.in-order/${run}-in-place`;
  await apis[0].put(inPlace, { file, failures: 9, afterMs: 3_600_000 });
  const first = `test.linger/${run}-first`;
  await apis[0].put(`${first}?key=${run}`, { file, ms: 60_000, heeds: true });
  const behind = `test.count/${run}-behind`;
  await apis[0].put(`${behind}?key=${run}`, { file });
  await until('all of it', async () => {
    const states = await Promise.all([scheduled, retrying, inPlace, first, behind].map(stateOf));
    return states.join() === 'scheduled,retrying,retrying,running,queued' || undefined;
  });

  for (const name of [scheduled, retrying, inPlace, behind]) expect((await cancel(name)).status).toBe(202);
  expect(await apis[0].finished([scheduled, retrying, inPlace], 20_000)).toMatchObject([
    isCancelled,
    isCancelled,
    isCancelled,
  ]);
  await cancel(first);
  expect(await apis[0].finished([first, behind])).toMatchObject([isCancelled, isCancelled]);
  const ran = (await lines()).map((line) => line.slice(run.length + 1)).filter((line) => !line.includes('aborted'));
  expect(ran.toSorted()).toEqual(['first begins', 'in-place 1', 'retrying 1']);
});

test('what was asked while no worker was there counts when one is', async () => {
  const { file, lines } = await emptyFile();
  const [one, other] = [`test.count/${randomUUID()}`, `test.count/${randomUUID()}`];
  await Promise.all(
    system
      .alive()
      .filter(({ role }) => role === 'worker')
      .map(({ end }) => end('SIGTERM')),
  );
  await apis[0].put(one, { file });
  await apis[0].put(`${other}?delay=3600`, { file });
  expect([(await cancel(one)).status, (await cancel(other)).status]).toEqual([202, 202]);
  await Promise.all([system.start('worker'), system.start('worker')]);
  expect(await apis[0].finished([one, other])).toMatchObject([isCancelled, isCancelled]);
  expect(await lines()).toEqual([]);
});

test('a job that is over is answered as it is, and one that nobody knows is a 404', async () => {
  const name = `demo.echo/${randomUUID()}`;
  await apis[0].put(name, { n: 1, text: '' });
  await apis[0].finished([name]);
  expect(await cancel(name)).toMatchObject({ status: 200, body: { state: 'succeeded' } });
  expect(await cancel(`demo.echo/${randomUUID()}`)).toMatchObject({ status: 404, body: { code: 'unknown-job' } });
});

test('300 jobs race with their cancelling: each has one end, and its status says which', async () => {
  const run = randomUUID();
  const names = Array.from({ length: 300 }, (_, n) => `demo.sleep/${run}-${n}`);
  await inParallel(16, names, async (name) => {
    await apis[0].put(name, { ms: 20 });
    return cancel(name);
  });
  const jobs = await apis[0].finished(names);
  const ends = terminalEvents(await readTopic(system.brokers, system.topics.events));
  const told = names.map((name) => ends.get(name)?.join());
  expect(told).toEqual(jobs.map(({ state }) => state));
  const counts = Object.entries(Object.groupBy(jobs, ({ state }) => String(state))).map(
    ([state, all]) => `${all?.length} ${state}`,
  );
  console.log(`300 races: ${counts.join(', ')}`);
});
