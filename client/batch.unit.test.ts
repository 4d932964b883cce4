// Many calls in one request: answers come while calls are still sent, in bounded memory, and either side may end it.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { createClient, isRefused } from './index.ts';
import { refuses, type Step, scriptedServer } from './scripted-server.fixture.ts';

type Line = { type: string; id?: string; payload: unknown; priority?: number };

/** Answers each line as soon as it has it. */
const answersLines =
  (seen: Line[]): Step =>
  async (response, request) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    let line = 0;
    for await (const text of createInterface({ input: request })) {
      line += 1;
      const call: Line = JSON.parse(text);
      seen.push(call);
      const { type, id } = call;
      const refused = {
        type: 'urn:putlog:error:invalid-payload',
        title: 'x',
        status: 422,
        detail: 'y',
        code: 'invalid-payload',
      };
      const answer = call.payload === null ? refused : { status: 202, type, id, location: `/jobs/${type}/${id}` };
      response.write(`${JSON.stringify({ line, ...answer })}\n`);
    }
    response.end();
  };

async function served(step: (seen: Line[]) => Step = answersLines) {
  const seen: Line[] = [];
  const { url, asked } = await scriptedServer([step(seen)], { whole: false });
  return { client: createClient({ url }), seen, asked };
}

const call = (n: number, payload: unknown = { n }) => ({ type: 'word.count', id: String(n), payload });

test('an answer comes before the next call is made', async () => {
  const { client, seen, asked } = await served();
  const answered: string[] = [];
  async function* calls() {
    for (let n = 1; n <= 3; n += 1) {
      yield call(n);
      // Only an answer that has come lets it go on.
      await expect.poll(() => answered.length).toBe(n);
    }
  }
  for await (const answer of client.batch(calls(), { idempotencyKey: 'k' }))
    if (!isRefused(answer)) answered.push(answer.location);
  expect(answered).toEqual(['/jobs/word.count/1', '/jobs/word.count/2', '/jobs/word.count/3']);
  expect(seen).toHaveLength(3);
  expect(asked[0]).toMatchObject({
    ...{ method: 'POST', url: '/jobs' },
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': '"k"' },
  });
});

test('20,000 calls, of which one is refused', async () => {
  const { client, seen } = await served();
  const calls = Array.from({ length: 20_000 }, (_, n) => call(n, n === 7 ? null : { n }));
  const refused: number[] = [];
  let count = 0;
  for await (const answer of client.batch(calls)) {
    count += 1;
    if (isRefused(answer)) refused.push(answer.line);
  }
  expect([count, seen.length, refused]).toEqual([20_000, 20_000, [8]]);
});

test('what a call asks for stands in its line', async () => {
  const { client, seen } = await served();
  // biome-ignore lint/suspicious/noThenProperty: it is the name of the option
  const options = { key: 'k', delay: 2_000, priority: 0, then: ['a.b'], timeout: 'PT1S' };
  for await (const answer of client.batch([{ type: 'x', payload: 1, ...options }])) expect(answer.line).toBe(1);
  expect(seen).toEqual([{ type: 'x', payload: 1, ...options, delay: '2' }]);
});

test('what the calls throw is thrown', async () => {
  const { client } = await served();
  async function* calls() {
    yield call(1);
    throw new Error('no more of them');
  }
  const reading = Array.fromAsync(client.batch(calls()));
  await expect(reading).rejects.toThrow('no more of them');
});

test('who stops reading ends the request, and the calls', async () => {
  const closed: Promise<unknown>[] = [];
  const { client } = await served((seen) => (response, request) => {
    closed.push(once(response, 'close'));
    request.on('error', () => undefined);
    return Promise.resolve(answersLines(seen)(response, request)).catch(() => undefined);
  });
  const ended = Promise.withResolvers<boolean>();
  async function* calls() {
    try {
      for (let n = 1; ; n += 1) {
        yield call(n);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended.resolve(true);
    }
  }
  for await (const answer of client.batch(calls())) if (answer.line === 3) break;
  await closed[0];
  expect(await ended.promise).toBe(true);
});

test('a connection that breaks is told as such', async () => {
  const { client } = await served((seen) => async (response, request) => {
    request.once('data', () => {
      seen.push(call(1));
      response.writeHead(200).write('{"line":1,"status":202}\n', () => response.destroy());
    });
  });
  const reading = Array.fromAsync(client.batch([call(1), call(2)]));
  await expect(reading).rejects.toMatchObject({ name: 'ConnectionError' });
});

test('a refusal of the whole is thrown', async () => {
  const { client } = await served(() => refuses(401, 'unauthorized'));
  await expect(Array.fromAsync(client.batch([call(1)]))).rejects.toMatchObject({ status: 401 });
});
