// Invariant: a 404 is true. Whoever has a 202 finds the job at once, at the process that accepted it and at any other,
// though the read model is written behind the log.
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import { useSystem } from './system.ts';

const system = useSystem();
let first: Api;
let second: Api;

beforeAll(async () => {
  [first, second] = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('projector'),
  ]);
});

const count = 1_000;
const ofSuch = (status: number) => Array.from({ length: count }, () => status);

async function putThenGet(accepting: Api, answering: () => Api) {
  const run = randomUUID();
  const items = Array.from({ length: count }, (_, n) => n);
  return inParallel(32, items, async (n) => {
    const name = `demo.echo/${run}-${n}`;
    const { status: put } = await accepting.put(name, { n, text: 'hello' });
    const { status: got, body } = await answering().get(name);
    return { name, put, got, id: body.id };
  });
}

test.each([
  ['the process that accepted it', () => first],
  ['another process, which remembers nothing of it', () => second],
])('a 404 is true: 1,000 PUTs, each followed at once by its GET from %s', async (_, answering) => {
  const answers = await putThenGet(first, answering);
  expect(answers.map(({ put }) => put)).toEqual(ofSuch(202));
  expect(answers.map(({ got }) => got)).toEqual(ofSuch(200));
  expect(answers.map(({ id }) => `demo.echo/${id}`)).toEqual(answers.map(({ name }) => name));
  const ended = await first.finished(answers.map(({ name }) => name));
  expect(new Set(ended.map(({ state }) => state))).toEqual(new Set(['succeeded']));
});

test('a job that nobody asked for is a 404 everywhere, and not a 503', async () => {
  for (const api of [first, second]) {
    const { status, body, headers } = await api.get(`demo.echo/${randomUUID()}`);
    expect(status).toBe(404);
    expect(body.code).toBe('unknown-job');
    expect(headers['content-type']).toContain('application/problem+json');
  }
});
