// Invariant: one id, one run. The same PUT many times at once, at two processes that know nothing of each other, runs the
// function once; another payload under that id is a conflict, and does not run.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Api } from './api.ts';
import { readTopic } from './event-log.ts';
import { useSystem } from './system.ts';

const system = useSystem();
let apis: [Api, Api];
const file = join(system.folder, 'runs');

beforeAll(async () => {
  await writeFile(file, '');
  const [first, second] = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('projector'),
  ]);
  apis = [first, second];
});

const runs = async () => (await readFile(file, 'utf8')).trim().split('\n').sort();
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const apiFor = (n: number) => apis[n % 2 === 0 ? 0 : 1];

/** Runs behind everything that was accepted under the job's own ordering key before. */
async function untilAllBefore(name: string) {
  const marker = `demo.echo/after-${name.replace('/', '-')}`;
  expect((await apis[0].put(`${marker}?key=${encodeURIComponent(name)}`, { n: 0, text: '' })).status).toBe(202);
  await apis[0].finished([marker]);
}

test('one id, one run: 50 PUTs at once, ten times, spread over two processes', async () => {
  const ids = numbers(10).map((n) => `fifty-${n}`);
  for (const id of ids) {
    const answers = await Promise.all(numbers(50).map((n) => apiFor(n).put(`test.count/${id}`, { file })));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 202)).toEqual([]);
    expect(answers.map(({ status }) => status)).toContain(202);
    expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([id]));
  }
  for (const id of ids) await untilAllBefore(`test.count/${id}`);
  expect(await runs()).toEqual([...ids].sort());
  const states = (await apis[1].finished(ids.map((id) => `test.count/${id}`))).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['succeeded']));

  // Without duplicates in the log the claims would not have been put to the test.
  const commands = await readTopic(system.brokers, system.topics.commands('default'));
  const submits = commands.filter(({ subject }) => subject.startsWith('test.count/fifty-'));
  expect(submits.length).toBeGreaterThan(ids.length);
  expect(submits.length).toBeLessThanOrEqual(2 * ids.length);
});

test('another payload under a used id: 409 from both processes, and it does not run', async () => {
  const name = 'test.count/taken';
  expect((await apis[0].put(name, { file, as: 'first' })).status).toBe(202);
  await apis[0].finished([name]);
  for (const api of apis) {
    const { status, body, headers } = await api.put(name, { file, as: 'second' });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'id-conflict', status: 409, instance: `/jobs/${name}` });
    expect(headers['content-type']).toContain('application/problem+json');
    expect((await api.put(name, { as: 'first', file })).status).toBe(200);
  }
  await untilAllBefore(name);
  expect((await runs()).filter((id) => id === 'taken')).toEqual(['taken']);
});

test('two payloads at once under one id, at two processes: one runs, and the log says that the other was rejected', async () => {
  const ids = numbers(10).map((n) => `race-${n}`);
  let accepted = 0;
  for (const id of ids) {
    const answers = await Promise.all(apis.map((api, n) => api.put(`test.count/${id}`, { file, n })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 202 && status !== 409)).toEqual([]);
    accepted += statuses.filter((status) => status === 202).length;
  }
  for (const id of ids) await untilAllBefore(`test.count/${id}`);
  expect((await runs()).filter((id) => id.startsWith('race-'))).toEqual([...ids].sort());
  const events = await readTopic(system.brokers, system.topics.events);
  const rejected = events.filter(({ type }) => type === 'putlog.job.rejected');
  expect(rejected.length).toBe(accepted - ids.length);
  expect(rejected.length).toBeGreaterThan(0);
});
