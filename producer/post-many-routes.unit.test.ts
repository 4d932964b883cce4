// Many submits in one request: each line has its answer, and what is wrong with one is nothing to the others.
import { expect, test } from 'vitest';
import { PutlogError } from '../schemas/problem.ts';
import { createTestApp, queuedJob } from './app.fixture.ts';
import { jobIdOfKey } from './job-ids.ts';

const headers = { 'content-type': 'application/x-ndjson' };
const echo = (id: string, more: object = {}) =>
  JSON.stringify({ type: 'test.echo', id, payload: { n: 1, text: 'x' }, ...more });

async function post(lines: string | Buffer, more: Record<string, string> = {}, replaced = {}) {
  const test = createTestApp(replaced);
  const answer = await test.app.inject({
    method: 'POST',
    url: '/jobs',
    payload: lines,
    headers: { ...headers, ...more },
  });
  const told = answer.body.split('\n').filter((line) => line !== '');
  return { ...test, answer, results: answer.statusCode === 200 ? told.map((line) => JSON.parse(line)) : [] };
}

const complaints = (logged: { level: number }[]) => logged.filter(({ level }) => level > 30);

test('a result for each line, in order, with its number; blank lines have none, the last needs no end', async () => {
  const { answer, results, submitted } = await post(`${echo('a')}\r\n\n  \n${echo('b')}\n${echo('c')}`);
  expect(answer.headers['content-type']).toBe('application/x-ndjson');
  expect(results).toEqual(
    [1, 4, 5].map((line, i) => {
      const id = ['a', 'b', 'c'][i];
      return { line, status: 202, type: 'test.echo', id, location: `/jobs/test.echo/${id}` };
    }),
  );
  expect(submitted.map(({ id, payload }) => [id, payload])).toEqual(
    ['a', 'b', 'c'].map((id) => [id, { n: 1, text: 'x' }]),
  );
});

test('all that a single submit may ask for, as members; what the request says holds for lines that do not', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const then = (value: string | string[]) => Object.fromEntries([['then', value]]);
  const full = { key: 'k', delay: 90, timeout: 'PT1M', priority: 0, ...then(['test.anything', 'test.echo/next']) };
  const { submitted } = await post(
    `${echo('a', full)}\n${echo('b', { notBefore: '2020-01-01T00:00:00Z', ...then('test.anything/c') })}\n`,
    { traceparent, priority: 'u=6', 'if-none-match': '*' },
  );
  const next = [
    { type: 'test.anything', id: 'a' },
    { type: 'test.echo', id: 'next' },
  ];
  expect(submitted).toMatchObject([
    { key: 'k', lane: 'high', options: { timeoutMs: 60_000, next }, traceparent, mustBeNew: true },
    {
      lane: 'low',
      notBefore: Date.UTC(2020, 0, 1),
      options: { next: [{ type: 'test.anything', id: 'c' }] },
      traceparent,
    },
  ]);
  expect(submitted[0]?.notBefore).toBeGreaterThan(Date.now());
});

const bad: [name: string, status: number, code: string, line: string | Buffer, detail: RegExp][] = [
  ['no JSON', 400, 'malformed-json', '{"type":', /JSON/],
  ['not UTF-8', 400, 'malformed-json', Buffer.from([0x22, 0xff, 0x22]), /UTF-8/],
  ['no object', 422, 'invalid-payload', '7', /object/],
  ['no type', 422, 'invalid-payload', '{"payload":1}', /\/type is required/],
  ['no payload', 422, 'invalid-payload', '{"type":"test.echo"}', /\/payload is required/],
  ['an unknown member', 422, 'invalid-payload', echo('x', { dealy: 1 }), /\/dealy is not known/],
  ['an unknown type', 404, 'unknown-job-type', echo('x', { type: 'test.ehco' }), /near: test.echo/],
  ['a bad id', 400, 'invalid-id', echo('a/b'), /1 to 200 characters/],
  ['an empty id', 400, 'invalid-id', echo(''), /1 to 200 characters/],
  [
    'a payload off its schema',
    422,
    'invalid-payload',
    echo('x', { payload: { n: '1', text: '' } }),
    /\/payload\/n must be/,
  ],
  ['a bad key', 400, 'malformed-request', echo('x', { key: '' }), /^"key" must be 1 to 200/],
  ['a bad delay', 400, 'malformed-request', echo('x', { delay: -1 }), /^"delay" must be seconds/],
  ['a bad time', 400, 'malformed-request', echo('x', { notBefore: 'tomorrow' }), /^"notBefore" must be an RFC 3339/],
  ['two times', 400, 'malformed-request', echo('x', { delay: 1, notBefore: '2020-01-01T00:00:00Z' }), /give one/],
  ['a bad priority', 422, 'invalid-payload', echo('x', { priority: 8 }), /\/priority/],
  [
    'itself behind itself',
    400,
    'malformed-request',
    echo('x', Object.fromEntries([['then', 'test.echo/x']])),
    /^"then" names test.echo\/x twice/,
  ],
  ['a private callback', 422, 'address-not-allowed', echo('x', { callback: 'http://127.0.0.1/' }), /public/],
  ['__proto__', 400, 'malformed-request', '{"type":"test.anything","payload":{"__proto__":1}}', /__proto__/],
  ['too much', 413, 'payload-too-large', `{"type":"test.anything","payload":"${'x'.repeat(262_144)}"}`, /\/blobs/],
];

test.each(bad)('%s: %i %s in its line, and the others go on', async (_name, status, code, line, detail) => {
  const body = Buffer.concat([Buffer.from(`${echo('a')}\n`), Buffer.from(line), Buffer.from(`\n${echo('b')}\n`)]);
  const { results, submitted, logged } = await post(body);
  expect(results.map((result) => [result.line, result.status])).toEqual([
    [1, 202],
    [2, status],
    [3, 202],
  ]);
  expect(results[1]).toMatchObject({ code, type: `urn:putlog:error:${code}`, detail: expect.stringMatching(detail) });
  expect(submitted.map(({ id }) => id)).toEqual(['a', 'b']);
  expect(complaints(logged)).toEqual([]);
});

test('what the log says of one line is told there, with the job that it is about', async () => {
  const submit = async ({ job, id }: { job: { type: string }; id: string }) => {
    if (id === 'taken') throw new PutlogError('id-conflict', 'so it is');
    if (id === 'odd') throw new Error('secret');
    return { known: id === 'known', job: queuedJob(job.type, id) };
  };
  const { results, logged } = await post(
    ['new', 'taken', 'known', 'odd'].map((id) => echo(id)).join('\n'),
    {},
    { submit },
  );
  expect(results.map(({ status }) => status)).toEqual([202, 409, 200, 500]);
  expect(results[1]).toMatchObject({ line: 2, code: 'id-conflict', instance: '/jobs/test.echo/taken' });
  expect(JSON.stringify(results)).not.toContain('secret');
  expect(complaints(logged)).toMatchObject([{ level: 50, err: { message: 'secret' } }]);
});

test('with an Idempotency-Key a line without an id is the same call each time; another payload there is a 422', async () => {
  const line = echo('x').replace('"id":"x",', '');
  const { submitted } = await post(`${line}\n${line}\n${echo('own')}`, { 'idempotency-key': '"import-7"' });
  expect(submitted.map(({ id }) => id)).toEqual([
    jobIdOfKey('test.echo', 'import-7\n1'),
    jobIdOfKey('test.echo', 'import-7\n2'),
    'own',
  ]);
  const submit = () => Promise.reject(new PutlogError('id-conflict', 'so it is'));
  const { results } = await post(`${line}\n${echo('own')}`, { 'idempotency-key': 'import-7' }, { submit });
  expect(results.map(({ code }) => code)).toEqual(['idempotency-key-reused', 'id-conflict']);
});

test.each([
  ['JSON', 415, 'unsupported-media-type', { 'content-type': 'application/json' }],
  ['gzip', 415, 'unsupported-media-type', { 'content-encoding': 'gzip' }],
  ['a condition on a tag', 400, 'malformed-request', { 'if-none-match': '"a"' }],
  ['a bad key', 400, 'malformed-request', { 'idempotency-key': 'a b' }],
])('%s: the whole is a %i, and nothing is submitted', async (_name, status, code, more: Record<string, string>) => {
  const { answer, submitted } = await post(echo('a'), more);
  expect(answer.json()).toMatchObject({ status, code, instance: '/jobs' });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(submitted).toEqual([]);
});

test('the whole may be larger than a payload, also where its length is told before', async () => {
  const ids = Array.from({ length: 5_000 }, (_, n) => `n-${n}`);
  const { results, submitted } = await post(ids.map((id) => echo(id)).join('\n'));
  expect(results.map(({ status }) => status)).toEqual(ids.map(() => 202));
  expect(submitted.map(({ id }) => id)).toEqual(ids);
});

test('no content type, a query, an empty body', async () => {
  const { app } = createTestApp();
  expect((await app.inject({ method: 'POST', url: '/jobs' })).json()).toMatchObject({ status: 415 });
  const query = await app.inject({ method: 'POST', url: '/jobs?delay=1', payload: echo('a'), headers });
  expect(query.json()).toMatchObject({ status: 400, code: 'malformed-request' });
  const { answer } = await post('');
  expect([answer.statusCode, answer.body]).toEqual([200, '']);
});
