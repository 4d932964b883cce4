// Invariant: what ended as dead is listed with its cause and its bytes, and what is sent again runs as a new generation of its
// job, once, whatever was read first and however often it is asked for.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { openLogWriter } from '../../platform/log-writer.ts';
import { until } from '../stack/deadline.ts';
import { silent as log, watchedCluster } from '../stack/log.ts';
import type { Api } from './api.ts';
import { readTopic, terminalEvents } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import { useSystem } from './system.ts';

const system = useSystem();
let api: Api;
let url: string;

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
  url = api.url;
});

type Letter = Record<string, unknown> & { position: string; code: string };
const list = async (query: string) => {
  const { status, headers, body } = await api.request('GET', `/dead-letters?${query}`);
  expect(status).toBe(200);
  return { letters: body.deadLetters as Letter[], link: headers.link };
};
const untilListed = (query: string, count: number) =>
  until(`${count} dead letters`, async () => {
    const { letters } = await list(query);
    return letters.length === count ? letters : undefined;
  });
const redrive = async (query: string) => {
  const answer = await fetch(`${url}/dead-letters/redrive?${query}`, { method: 'POST' });
  const text = await answer.text();
  return {
    status: answer.status,
    lines: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
};

test('jobs that fail each time: listed, looked at, and sent again by filter once their cause is gone', async () => {
  const file = join(system.folder, randomUUID());
  const mended = `${file}-mended`;
  await writeFile(file, '');
  const run = randomUUID();
  const names = Array.from({ length: 12 }, (_, n) => `test.again/${run}-${n}`);
  await inParallel(6, names, (name) => api.put(name, { file, failures: 0, until: mended }));
  await api.finished(names);
  const letters = await untilListed('type=test.again&code=job-failed', 12);
  expect(letters.map(({ job }) => job).toSorted()).toEqual(names.map((name) => `/jobs/${name}`).toSorted());
  expect(letters[0]).toMatchObject({ attempt: 4, generation: 0, detail: expect.stringContaining('there is no') });

  const [first] = letters;
  const { body: whole } = await api.request('GET', `/dead-letters/${first?.position.replace('@', '/')}`);
  expect(Buffer.from(String(whole.original), 'base64').includes(mended)).toBe(true);

  await writeFile(mended, '');
  const one = await redrive(`position=${encodeURIComponent(first?.position ?? '')}`);
  expect(one).toMatchObject({ status: 200, lines: [{ position: first?.position, outcome: 'redriven' }] });
  const began = performance.now();
  const rest = await redrive('type=test.again&code=job-failed&perSecond=10');
  expect(performance.now() - began).toBeGreaterThan(900);
  expect([11, 12]).toContain(rest.lines.length);
  const jobs = await until('all to go well', async () => {
    const found = await Promise.all(names.map((name) => api.get(name)));
    return found.every(({ body }) => body.state === 'succeeded') ? found.map(({ body }) => body) : undefined;
  });
  for (const job of jobs) expect(job).toMatchObject({ generation: 1, attempt: 1, result: { attempt: 1 } });
  const ends = terminalEvents(await readTopic(system.brokers, system.topics.events));
  for (const name of names) expect(ends.get(name)).toEqual(['dead', 'succeeded']);
  await untilListed('type=test.again&redriven=false', 0);
  expect((await untilListed('type=test.again&redriven=true', 12))[0]).toHaveProperty('redrivenAt');
  expect((await redrive('type=test.again')).lines).toEqual([]);
});

test('a record that nobody can read is listed too, and goes again as it is', async () => {
  const topic = system.topics.commands('default');
  const cluster = await watchedCluster(system.brokers, [topic]);
  const writer = await openLogWriter({ cluster, log });
  const value = Buffer.from('no command at all');
  const at = { topic, partition: 1, key: Buffer.from('k'), headers: {}, timestamp: Date.now() };
  const offset = await writer.append({ ...at, value });
  await writer.close(1_000);
  await cluster.close();
  const [letter] = await untilListed('code=record-undecodable', 1);
  expect(letter).toMatchObject({ position: `${topic}/1@${offset}`, attempt: 0 });
  expect(letter).not.toHaveProperty('type');
  const { body } = await api.request('GET', `/dead-letters/${topic}/1/${offset}`);
  expect(Buffer.from(String(body.original), 'base64')).toEqual(value);
  expect((await redrive('code=record-undecodable')).lines).toMatchObject([{ outcome: 'redriven' }]);
  await untilListed('code=record-undecodable&redriven=false', 1);
  expect(await untilListed('code=record-undecodable', 2)).toMatchObject([
    { position: expect.not.stringMatching(`@${offset}$`) },
    letter,
  ]);
});

test('a page at a time, newest first, each letter once', async () => {
  const names = Array.from({ length: 25 }, (_, n) => `demo.fail/page-${n}`);
  await inParallel(8, names, (name) => api.put(name, { times: 9, message: 'no' }));
  await api.finished(names);
  await untilListed('type=demo.fail&limit=100', 25);
  const seen: Letter[] = [];
  for (let query: string | undefined = 'type=demo.fail&limit=10'; query !== undefined; ) {
    const { letters, link } = await list(query);
    seen.push(...letters);
    query = /<\/dead-letters\?([^>]*)>; rel="next"/.exec(String(link))?.[1];
  }
  expect(seen).toHaveLength(25);
  expect(new Set(seen.map(({ position }) => position)).size).toBe(25);
  const times = seen.map(({ at }) => String(at));
  expect(times).toEqual(times.toSorted().reverse());
});

const putlog = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../cli/putlog.js'), ...args, '--url', url]);

test('at the command line, by the names of before: a list, a redrive, and what the API refuses', async () => {
  await api.put('demo.fail/cli', { times: 9, message: 'from the command line' });
  await api.finished(['demo.fail/cli']);
  const after = new Date(Date.now() - 60_000).toISOString();
  const lines = await until('the list', async () => {
    const { stdout } = await putlog('dead-letters', '--type', 'demo.fail', '--limit', '1', '--after', after);
    return stdout.includes('demo.fail/cli') ? stdout : undefined;
  });
  const [, line = ''] = lines.split('\n');
  expect(line).toMatch(/^\S+Z {2}\S+@\d+ {2}demo\.fail\/cli +3 +job-failed {2}from the command line$/);
  const position = line.split('  ')[1] ?? '';
  const { stdout } = await putlog('redrive', '--position', position, '--per-second', '5');
  expect(stdout).toMatch(/^redriven {2}.*\n1 sent again\n$/);
  const refused = await putlog('redrive').catch((error: { stderr: string }) => error.stderr);
  expect(refused).toContain('say which');
});

test.each([
  ['GET', '/dead-letters?typ=x', 400, 'malformed-request'],
  ['GET', '/dead-letters?limit=0', 400, 'malformed-request'],
  ['GET', '/dead-letters?cursor=x', 400, 'malformed-request'],
  ['GET', '/dead-letters?after=yesterday', 400, 'malformed-request'],
  ['GET', '/dead-letters/a/0/0', 404, 'unknown-dead-letter'],
  ['POST', '/dead-letters/redrive', 400, 'malformed-request'],
  ['POST', '/dead-letters/redrive?type=x&perSecond=9999', 400, 'malformed-request'],
] as const)('%s %s: %i', async (method, path, status, code) => {
  expect(await api.request(method, path)).toMatchObject({ status, body: { code } });
});
