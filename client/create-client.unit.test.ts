// What the client sends, what it makes of the answers, and when it asks again: against a server that does as it is told.
import Type from 'typebox';
import { expect, expectTypeOf, test } from 'vitest';
import { defineJob } from '../schemas/define-job.ts';
import { type BatchCall, createClient, type FinishedJob, ProblemError, resultOf } from './index.ts';
import { answers, hangsUp, refuses, scriptedServer, status } from './scripted-server.fixture.ts';

const wordCount = defineJob({
  type: 'word.count',
  payload: Type.Object({ text: Type.String() }),
  result: Type.Object({ words: Type.Integer() }),
  handler: ({ text }) => ({ words: text.length }),
});
type Jobs = { 'word.count': typeof wordCount; 'word.send': { payload: { to: string }; result: null } };

const soon = { baseMs: 1, maxMs: 1 };
const queued = status('queued');

test('get: as it was at a time, or at a position, without waiting', async () => {
  const { url, asked } = await scriptedServer([answers(200, queued), answers(200, queued)]);
  const client = createClient({ url });
  await client.get(queued, { at: new Date(0), wait: 5_000 });
  await client.get(queued, { at: 'putlog.events/3@17' });
  expect(asked.map((one) => new URL(one.url, url).searchParams.get('at'))).toEqual([
    ...['1970-01-01T00:00:00.000Z', 'putlog.events/3@17'],
  ]);
  expect(asked[0]?.headers).not.toHaveProperty('prefer');
});

test('put: address, query, header fields and body say what is asked', async () => {
  const { url, asked } = await scriptedServer([answers(202, queued)]);
  const client = createClient({ url: `${url}/behind/a/proxy/`, key: 'secret' });
  const job = await client.put(
    wordCount,
    'a~b',
    { text: 'é' },
    {
      // biome-ignore lint/suspicious/noThenProperty: it is the name of the option
      ...{ key: 'k 1', delay: 1_500, timeout: 'PT1M', priority: 1, then: ['x.y', 'x.z/7'], wait: 2_400 },
      ...{ notBefore: new Date(0), callback: 'https://example.com/?a=b', mustBeNew: true, traceparent: '00-ab-cd-01' },
    },
  );
  expect(job).toEqual(queued);
  const [{ method, url: path, headers, body } = { method: '', url: '', headers: {}, body: '' }] = asked;
  expect([method, JSON.parse(body)]).toEqual(['PUT', { text: 'é' }]);
  const { pathname, searchParams } = new URL(path, url);
  expect(pathname).toBe('/behind/a/proxy/jobs/word.count/a~b');
  expect([...searchParams]).toEqual([
    ...[
      ['key', 'k 1'],
      ['delay', '1.5'],
      ['notBefore', '1970-01-01T00:00:00.000Z'],
      ['timeout', 'PT1M'],
    ],
    ...[
      ['callback', 'https://example.com/?a=b'],
      ['then', 'x.y'],
      ['then', 'x.z/7'],
    ],
  ]);
  expect(headers).toMatchObject({
    ...{ authorization: 'Bearer secret', prefer: 'wait=3', priority: 'u=1', traceparent: '00-ab-cd-01' },
    ...{ 'content-type': 'application/json', 'if-none-match': '*' },
  });
});

test('payload and result are typed by the definition, by a map, or as told', async () => {
  const done = status('succeeded', { result: { words: 2 } });
  const { url } = await scriptedServer([
    answers(200, done),
    answers(200, done),
    answers(200, done),
    answers(200, done),
  ]);
  const client = createClient<Jobs>({ url });
  const byDefinition = await client.put(wordCount, '1', { text: '' });
  if (byDefinition.state === 'succeeded') expectTypeOf(byDefinition.result).toEqualTypeOf<{ words: number }>();
  const byName = await client.put('word.send', '1', { to: '' });
  if (byName.state === 'succeeded') expectTypeOf(byName.result).toEqualTypeOf<null>();
  const asTold = await client.put<{ n: number }, string>('any.other', '1', { n: 1 });
  if (asTold.state === 'succeeded') expectTypeOf(asTold.result).toEqualTypeOf<string>();
  const over = await client.wait(byDefinition);
  expectTypeOf(over).toEqualTypeOf<FinishedJob<{ words: number }>>();
  expect(resultOf(over).words).toBe(2);
  expectTypeOf<BatchCall<Jobs>['type']>().toEqualTypeOf<'word.count' | 'word.send'>();
  const wrong = () => [
    // @ts-expect-error text is no number
    client.put(wordCount, '1', { text: 1 }),
    // @ts-expect-error its payload has no text
    client.put('word.send', '1', { text: '' }),
    // @ts-expect-error no such name
    client.put('word.cuont', '1', { text: '' }),
    // @ts-expect-error the same for what the server names
    client.submit('word.count', { text: 1 }),
  ];
  expect(wrong).toBeTypeOf('function');
  const untyped = createClient({ url });
  expectTypeOf(untyped.put('any.name', '1', { whatever: true })).resolves.toHaveProperty('state');
});

test('what is refused is a ProblemError with the document, and is not asked again', async () => {
  const errors = [{ pointer: '/text', detail: 'is required' }];
  const { url, asked } = await scriptedServer([refuses(422, 'invalid-payload', { errors, retriable: false })]);
  const error: unknown = await createClient({ url })
    .put('word.count', '1', {})
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ code: 'invalid-payload', status: 422, problem: { errors } });
  expect(asked).toHaveLength(1);
});

test('no answer, 429 and 503 are asked again, with the same body and the same key', async () => {
  const { url, asked } = await scriptedServer([
    ...[hangsUp, refuses(429, 'rate-limited', {}, { 'retry-after': '0' }), refuses(503, 'overloaded')],
    answers(202, queued),
  ]);
  const client = createClient({ url, retries: soon });
  expect(await client.submit('word.count', { text: 'x' })).toEqual(queued);
  expect(asked.map(({ method, url: path }) => `${method} ${path}`)).toEqual(Array(4).fill('POST /jobs/word.count'));
  expect(new Set(asked.map(({ body, headers }) => `${body}${headers['idempotency-key']}`)).size).toBe(1);
  expect(asked[0]?.headers['idempotency-key']).toMatch(/^"[0-9a-f-]{36}"$/);
});

test('it gives up after so many requests, with what came last', async () => {
  const { url, asked } = await scriptedServer([refuses(503, 'overloaded'), hangsUp, refuses(503, 'log-unavailable')]);
  const client = createClient({ url, retries: { ...soon, attempts: 3 } });
  await expect(client.get({ type: 'a', id: '1' })).rejects.toMatchObject({ code: 'log-unavailable' });
  expect(asked).toHaveLength(3);
});

test('mustBeNew: what may have been accepted is not sent again, what was refused is', async () => {
  const { url, asked } = await scriptedServer([refuses(503, 'overloaded'), refuses(503, 'outcome-unknown'), hangsUp]);
  const client = createClient({ url, retries: soon });
  const put = () => client.put('a', '1', 1, { mustBeNew: true });
  await expect(put()).rejects.toMatchObject({ code: 'outcome-unknown' });
  await expect(put()).rejects.toMatchObject({ name: 'ConnectionError' });
  expect(asked).toHaveLength(3);
});

test('an answer from something in between is told as what it is', async () => {
  const { url } = await scriptedServer([(response) => void response.writeHead(404).end('<h1>no such site</h1>')]);
  await expect(createClient({ url }).get({ type: 'a', id: '1' })).rejects.toMatchObject({
    ...{ code: 'unreadable-answer', status: 404, problem: { detail: '<h1>no such site</h1>' } },
  });
});

test('a signal ends the pause before the next request, and the request', async () => {
  const { url, asked } = await scriptedServer([
    refuses(503, 'overloaded', {}, { 'retry-after': '50' }),
    () => undefined,
  ]);
  const client = createClient({ url });
  for (const expected of [1, 2]) {
    const abort = new AbortController();
    const asking = client.get({ type: 'a', id: '1' }, { signal: abort.signal });
    await expect.poll(() => asked.length).toBe(expected);
    abort.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
  }
});

test('wait asks until it is over; a job that failed has no result', async () => {
  const error = { type: 'x', title: 'It threw', status: 500, detail: 'why', code: 'job-failed', retriable: false };
  const { url, asked } = await scriptedServer([
    ...[answers(200, status('running'), { 'retry-after': '0' }), answers(200, status('failed', { error }))],
  ]);
  const over = await createClient({ url }).wait({ type: 'word.count', id: '1' });
  expect(over.state).toBe('failed');
  expect(() => resultOf(over)).toThrow('It threw: why');
  expect(asked.map(({ headers }) => headers.prefer)).toEqual(['wait=30', 'wait=30']);
});

test('wait gives up after its timeout', async () => {
  const { url } = await scriptedServer([() => undefined]);
  const waiting = createClient({ url }).wait({ type: 'a', id: '1' }, { timeout: 20 });
  await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('list goes from page to page as it is read', async () => {
  const page = (ids: string[], headers = {}) =>
    answers(200, { jobs: ids.map((id) => status('failed', { id })) }, headers);
  const next = { link: '</jobs?state=failed&limit=2&cursor=abc>; rel="next"' };
  const { url, asked } = await scriptedServer([page(['1', '2'], next), page(['3'])]);
  const found: string[] = [];
  const filter = { state: ['failed', 'cancelled'] as const, createdAfter: new Date(0), pageSize: 2 };
  for await (const { id } of createClient({ url }).list(filter)) found.push(id);
  expect(found).toEqual(['1', '2', '3']);
  expect(asked.map((one) => one.url)).toEqual([
    '/jobs?state=failed%2Ccancelled&createdAfter=1970-01-01T00%3A00%3A00.000Z&limit=2',
    '/jobs?state=failed&limit=2&cursor=abc',
  ]);
});

test('cancel asks for the end', async () => {
  const { url, asked } = await scriptedServer([answers(202, queued)]);
  expect(await createClient({ url }).cancel({ type: 'word.count', id: '1' })).toEqual(queued);
  expect(asked[0]).toMatchObject({ method: 'DELETE', url: '/jobs/word.count/1' });
});
