// Many jobs in one request: each is accepted and ends once, the api holds only a window of them, whatever its client does. And
// without ids: a call that is repeated under its key runs once, at whichever process it arrives.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { readTopic, terminalEvents } from './event-log.ts';
import { type LineResult, postAll, postLines } from './line-client.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const system = useSystem();
let apis: [Api & { process: ServiceProcess }, Api & { process: ServiceProcess }];
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

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const lineOf = (value: object) => `${JSON.stringify(value)}\n`;
const echo = (id: string) => lineOf({ type: 'demo.echo', id, payload: { n: 1, text: 'many' } });

/** The most that it has had in memory at once, in bytes. */
async function peak({ pid }: ServiceProcess): Promise<number> {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1_024;
}

/** Page by page. */
async function allListed(query: string): Promise<string[]> {
  const found: string[] = [];
  for (let next: unknown = `/jobs?${query}`; typeof next === 'string'; ) {
    const { body } = await apis[0].request('GET', next);
    found.push(...(body.jobs as { id: string }[]).map(({ id }) => id));
    next = body.next;
  }
  return found;
}

const listed = async (query: string) => (await apis[0].request('GET', `/jobs?${query}`)).body;

test('20,000 lines in one request: as many answers in their order, and one outcome each', {
  timeout: 400_000,
}, async () => {
  const [api] = apis;
  const before = await peak(api.process);
  const ids = numbers(20_000).map((n) => `many-${n}`);
  const results = await postAll(api.url, ids.map(echo));
  expect(results).toHaveLength(ids.length);
  expect(results.map(({ line, id, status }) => `${line} ${id} ${status}`)).toEqual(
    ids.map((id, n) => `${n + 1} ${id} 202`),
  );
  expect((await peak(api.process)) - before).toBeLessThan(300e6);

  await until(
    'the end of all',
    async () => {
      const { body } = await api.request('GET', '/stats');
      return Number(body.succeeded) >= ids.length || undefined;
    },
    300_000,
  );
  const ends = terminalEvents(await readTopic(system.brokers, system.topics.events));
  const wrong = ids.filter((id) => ends.get(`demo.echo/${id}`)?.join() !== 'succeeded');
  expect(wrong).toEqual([]);

  // And they are on lists, newest first, each once. What is counted may be ahead of what is listed.
  const found = await until('all of them on lists', async () => {
    const some = await allListed('type=demo.echo&state=succeeded&limit=500');
    return some.length >= ids.length ? some : undefined;
  });
  expect(found.sort()).toEqual([...ids].sort());
});

test('a client that reads nothing is read no further; when it reads, it gets everything', async () => {
  const [api] = apis;
  // Each is refused, with 20 KB that say why.
  const wrong = Object.fromEntries(numbers(20).map((n) => [`${n}-${'x'.repeat(1_000)}`, n]));
  const line = lineOf({ type: 'demo.echo', id: 'wrong', payload: { n: 1, text: '', ...wrong } });
  const lines = 10_000;
  const { send, sent, results } = postLines(api.url);
  const before = await peak(api.process);
  let handed = 0;
  const sending = send(
    (function* () {
      for (; handed < lines; handed++) yield line;
    })(),
  );
  await until('the client to be held up', async () => {
    const seen = handed;
    await delay(1_000);
    return (handed === seen && seen > 0) || undefined;
  });
  expect(handed).toBeLessThan(lines / 2);
  expect((await api.get('demo.echo/nobody')).status).toBe(404);
  const found: LineResult[] = [];
  for await (const { line: number, status } of results()) found.push({ line: number, status });
  await sending;
  expect(found).toEqual(numbers(lines).map((n) => ({ line: n + 1, status: 422 })));
  // Twice 200 MB have gone through it.
  expect((await peak(api.process)) - before).toBeLessThan(200e6);
  expect(sent.writableFinished).toBe(true);
});

test('a client that goes away in the middle: what was answered is accepted, and nothing is left behind', async () => {
  const [api] = apis;
  const { sent, results } = postLines(api.url);
  for (const n of numbers(2_000)) sent.write(echo(`gone-${n}`));
  const told: string[] = [];
  for await (const { id, status } of results()) {
    expect(status).toBe(202);
    if (told.push(`demo.echo/${id}`) === 1_500) break;
  }
  sent.destroy();
  expect(new Set((await api.finished(told, 150_000)).map(({ state }) => state))).toEqual(new Set(['succeeded']));
  await until('nothing to wait for the log', async () => {
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    return /^\w*append_waiting_records\S* 0$/m.test(metrics) || undefined;
  });
  expect(await postAll(api.url, [echo('after')])).toMatchObject([{ status: 202 }]);
});

/** Behind everything that was accepted under the same ordering key before. */
async function runsAfter(key: string): Promise<string[]> {
  const name = `demo.echo/behind-${key}`;
  expect((await apis[0].put(`${name}?key=${key}`, { n: 0, text: '' })).status).toBe(202);
  await apis[0].finished([name]);
  return (await readFile(file, 'utf8')).trim().split('\n').sort();
}

test('one Idempotency-Key, fifty POSTs at once at two processes: one job, and it runs once', async () => {
  const body = JSON.stringify({ file, n: 1 });
  const headers = { 'content-type': 'application/json', 'idempotency-key': '"order-7"' };
  const post = (api: Api) => api.request('POST', '/jobs/test.count?key=order-7', { body, headers });
  const answers = await Promise.all(numbers(50).map((n) => post(apis[n % 2 === 0 ? 0 : 1])));
  expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 202)).toEqual([]);
  const [location = ''] = new Set(answers.map((answer) => String(answer.headers.location)));
  const id = location.split('/').at(-1);
  expect(new Set(answers.map((answer) => answer.body.id))).toEqual(new Set([id]));
  expect((await runsAfter('order-7')).filter((run) => run === id)).toEqual([id]);

  const other = { body: JSON.stringify({ file, n: 2 }), headers };
  for (const api of apis) {
    const refused = await api.request('POST', '/jobs/test.count', other);
    expect([refused.status, refused.body.code]).toEqual([422, 'idempotency-key-reused']);
  }
});

test('a whole request under one key, sent twice at once to two processes: each of its lines runs once', async () => {
  const lines = numbers(100).map((n) => lineOf({ type: 'test.count', payload: { file, n }, key: 'import' }));
  const headers = { 'idempotency-key': 'import-7' };
  const before = (await readFile(file, 'utf8')).trim().split('\n').filter(Boolean);
  const [first, second] = await Promise.all(apis.map((api) => postAll(api.url, lines, headers)));
  const idsOf = (results: LineResult[] = []) => results.map(({ id }) => id);
  expect(idsOf(second)).toEqual(idsOf(first));
  expect(new Set(idsOf(first)).size).toBe(100);
  expect(await runsAfter('import')).toEqual([...before, ...idsOf(first)].sort());
  expect(
    await until('the list', async () => {
      const { jobs } = await listed('key=import&type=test.count&state=succeeded&limit=500');
      return Array.isArray(jobs) && jobs.length === 100 ? jobs.length : undefined;
    }),
  ).toBe(100);
});
