// Bad input of every kind: each a problem document with the right status, and the app answers as before afterwards.
import { expect, test } from 'vitest';
import { createTestApp } from './app.fixture.ts';

const good = '{"n":1,"text":"x"}';
const echo = '/jobs/test.echo/1';
const anything = '/jobs/test.anything/1';
const json = { 'content-type': 'application/json' };

type Request = {
  method?: 'PUT' | 'GET' | 'POST' | 'DELETE' | 'OPTIONS' | 'QUERY';
  url: string;
  payload?: string | Buffer;
};
type Case = [name: string, status: number, code: string, request: Request & { headers?: Record<string, string> }];

const cases: Case[] = [
  ['malformed JSON', 400, 'malformed-json', { url: echo, payload: '{"n":1,' }],
  ['an empty body', 400, 'malformed-json', { url: echo, payload: '' }],
  ['no body, no content type', 400, 'malformed-json', { url: echo, headers: {} }],
  ['bytes that are not UTF-8', 400, 'malformed-json', { url: echo, payload: Buffer.from([0x22, 0xff, 0x22]) }],
  ['a number beyond doubles', 400, 'malformed-request', { url: anything, payload: '[1e400]' }],
  ['100,000 nested arrays', 400, 'malformed-request', { url: anything, payload: '['.repeat(1e5) + ']'.repeat(1e5) }],
  ['100,000 open arrays', 400, 'malformed-json', { url: anything, payload: '['.repeat(100_000) }],
  ['__proto__', 400, 'malformed-request', { url: anything, payload: '{"a":[{"__proto__":{"admin":true}}]}' }],
  ['__proto__, escaped', 400, 'malformed-request', { url: anything, payload: '{"\\u005f_proto__":1}' }],
  ['constructor', 400, 'malformed-request', { url: anything, payload: '{"constructor":{"prototype":{"x":1}}}' }],
  [
    'text/plain',
    415,
    'unsupported-media-type',
    { url: echo, payload: good, headers: { 'content-type': 'text/plain' } },
  ],
  ['no type of content', 415, 'unsupported-media-type', { url: echo, payload: Buffer.from(good), headers: {} }],
  [
    'nonsense for a type',
    415,
    'unsupported-media-type',
    { url: echo, payload: good, headers: { 'content-type': ';' } },
  ],
  [
    'gzip',
    415,
    'unsupported-media-type',
    { url: echo, payload: good, headers: { ...json, 'content-encoding': 'gzip' } },
  ],
  ['an unknown type', 404, 'unknown-job-type', { url: '/jobs/test.ehco/1', payload: good }],
  ['an unknown type and no JSON', 404, 'unknown-job-type', { url: '/jobs/nope/1', payload: '{' }],
  ['a slash in the id', 400, 'invalid-id', { url: '/jobs/test.echo/a%2Fb', payload: good }],
  ['a space in the id', 400, 'invalid-id', { url: '/jobs/test.echo/a%20b', payload: good }],
  ['a NUL in the id', 400, 'invalid-id', { url: '/jobs/test.echo/%00', payload: good }],
  ['an empty id', 400, 'invalid-id', { url: '/jobs/test.echo/', payload: good }],
  ['201 characters', 400, 'invalid-id', { url: `/jobs/test.echo/${'a'.repeat(201)}`, payload: good }],
  ['2,000 characters', 400, 'invalid-id', { url: `/jobs/test.echo/${'a'.repeat(2_000)}`, payload: good }],
  ['broken percent-encoding', 400, 'malformed-request', { url: '/jobs/test.echo/%zz', payload: good }],
  ['encoding that is not UTF-8', 400, 'malformed-request', { url: '/jobs/test.echo/%ff', payload: good }],
  ['a payload off its schema', 422, 'invalid-payload', { url: echo, payload: '{"n":"1","text":2,"more":3}' }],
  ['a payload of null', 422, 'invalid-payload', { url: echo, payload: 'null' }],
  ['300 KiB', 413, 'payload-too-large', { url: anything, payload: JSON.stringify('x'.repeat(300 * 1024)) }],
  ['an unknown parameter', 400, 'malformed-request', { url: `${echo}?kye=1`, payload: good }],
  ['a repeated parameter', 400, 'malformed-request', { url: `${echo}?key=1&key=2`, payload: good }],
  ['an empty key', 400, 'malformed-request', { url: `${echo}?key=`, payload: good }],
  ['a line break in the key', 400, 'malformed-request', { url: `${echo}?key=a%0Ab`, payload: good }],
  [
    'an etag as a condition',
    400,
    'malformed-request',
    { url: echo, payload: good, headers: { ...json, 'if-none-match': '"a"' } },
  ],
  ['an unknown route', 404, 'unknown-route', { method: 'GET', url: '/nothing/here?x=1' }],
  ['an unknown route with bad JSON', 404, 'unknown-route', { url: '/nothing', payload: '{' }],
  ['a trailing slash', 404, 'unknown-route', { method: 'GET', url: `${echo}/` }],
  ['POST', 405, 'method-not-allowed', { method: 'POST', url: echo, payload: good }],
  ['DELETE', 405, 'method-not-allowed', { method: 'DELETE', url: '/stats' }],
  ['OPTIONS', 405, 'method-not-allowed', { method: 'OPTIONS', url: '/livez' }],
  ['QUERY without a content type', 405, 'method-not-allowed', { method: 'QUERY', url: '/livez', headers: {} }],
  ['PUT to no type', 404, 'unknown-job-type', { url: '/jobs/test.nothing/1', payload: good }],
];

test.each(cases)('%s: %i %s', async (_name, status, code, { method = 'PUT', url, payload, headers = json }) => {
  const { app, goodPut, submitted, logged } = createTestApp();
  const answer = await app.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toMatchObject({ status, code, type: `urn:putlog:error:${code}`, instance: url.split('?')[0] });
  expect(answer.statusCode).toBe(status);
  expect(answer.body).not.toMatch(/\.ts|node_modules/);
  expect(answer.headers['x-request-id']).toBeDefined();
  expect(submitted).toEqual([]);
  expect((await goodPut()).statusCode).toBe(202);
  expect(logged.filter(({ level }) => level > 30)).toEqual([]);
  await app.close();
});

test('what looks like an operator of a database is data', async () => {
  const { put, submitted } = createTestApp();
  const payload = { $where: 'sleep(1000)', 'a.b': { $gt: '' }, constructor: 'Gaudí', lone: '\ud800' };
  const answer = await put(anything, JSON.stringify(payload));
  expect(answer.statusCode).toBe(202);
  expect(submitted[0]?.payload).toEqual(payload);
});

test('a 422 points at everything that is wrong, at most twenty times', async () => {
  const { put } = createTestApp();
  const few = await put(echo, '{"n":1.5,"a/b~c":1}');
  expect(few.json().errors).toEqual([
    { pointer: '/text', detail: 'is required' },
    { pointer: '/a~1b~0c', detail: 'is not known here' },
    { pointer: '/n', detail: 'must be integer' },
  ]);
  const many = await put(echo, JSON.stringify(Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`x${i}`, i]))));
  expect(many.json().errors).toHaveLength(20);
});

test('a 404 of a type names its neighbours, a 405 the methods, a 413 the way out, malformed JSON the place', async () => {
  const { app, put } = createTestApp();
  expect((await put('/jobs/test.ehco/1', good)).json().detail).toContain('near: test.echo');
  expect((await app.inject({ method: 'POST', url: echo })).headers.allow).toBe('DELETE, GET, HEAD, PUT');
  expect((await app.inject({ method: 'POST', url: '/jobs/test.nothing/1' })).headers.allow).toBe('DELETE, GET, HEAD');
  expect((await put(anything, `"${'x'.repeat(300_000)}"`)).json().detail).toContain('/blobs/{id}');
  expect((await put(echo, '{\n"n": x')).json().detail).toContain("Unexpected token 'x'");
});

test('what nobody expected is a 500 without a stack, and is in the log with one', async () => {
  const failure = new Error('secret', { cause: new Error('deeper') });
  const { goodPut, logged } = createTestApp({ submit: () => Promise.reject(failure) });
  const answer = await goodPut();
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ code: 'internal-error', retriable: true });
  expect(answer.body).not.toMatch(/secret|deeper|stack/);
  const [line] = logged.filter(({ level }) => level >= 50);
  expect(line).toMatchObject({
    requestId: answer.headers['x-request-id'],
    err: { message: expect.stringContaining('secret') },
  });
});
