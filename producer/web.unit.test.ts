// What is around the routes: origins, compression, and the line of the log. None of them tells more than it should.
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createGuardedApp } from './access.fixture.ts';
import { loggedPath } from './access-log.ts';
import { queuedJob } from './app.fixture.ts';
import { encodingFor } from './compress-answers.ts';

const origin = 'https://pages.example';
const web = { corsOrigins: [origin] };
const asks = { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' };

test('a page of an origin that is named may ask, without a key, and then call with one; others may not', async () => {
  const { app, add } = createGuardedApp({ replaced: { web } });
  const { headers } = add(['read']);
  const asked = await app.inject({ method: 'OPTIONS', url: '/jobs/test.echo/1', headers: asks });
  expect([asked.statusCode, asked.headers['access-control-allow-origin']]).toEqual([204, origin]);
  expect(asked.headers).toMatchObject({
    'access-control-allow-headers': 'authorization',
    vary: expect.stringContaining('Origin'),
  });
  const answer = await app.inject({ url: '/limits', headers: { ...headers, origin } });
  expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([200, origin]);
  expect(answer.headers['access-control-expose-headers']).toContain('RateLimit');
  expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  const refused = await app.inject({ url: '/limits', headers: { origin } });
  expect([refused.statusCode, refused.headers['access-control-allow-origin']]).toEqual([401, origin]);
  const foreign = await app.inject({ url: '/limits', headers: { ...headers, origin: 'https://evil.example' } });
  expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
});

test('no page may, unless that is said', async () => {
  const { app } = createGuardedApp();
  const asked = await app.inject({ method: 'OPTIONS', url: '/jobs/test.echo/1', headers: asks });
  expect([asked.statusCode, asked.headers['access-control-allow-origin']]).toEqual([405, undefined]);
  expect(
    (await app.inject({ url: '/limits', headers: { origin } })).headers['access-control-allow-origin'],
  ).toBeUndefined();
});

test.each([
  ['br, gzip', 'br'],
  ['gzip, deflate, br', 'br'],
  ['gzip', 'gzip'],
  ['gzip;q=1.0, br;q=0.5', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*, br;q=0', 'gzip'],
  ['GZIP; Q=0.5', 'gzip'],
  ['identity, gzip;q=0.5', undefined],
  ['deflate, zstd', undefined],
  ['br;q=0, gzip;q=0', undefined],
  ['', undefined],
])('Accept-Encoding: %s means %s', (accepted, encoding) => expect(encodingFor(accepted)).toBe(encoding));

test('large JSON is compressed, and the same after it; what is small, a blob and HEAD are as they are', async () => {
  const { app, jobs } = createGuardedApp();
  const result = JSON.stringify('x'.repeat(5_000));
  jobs.set('test.echo/1', queuedJob('test.echo', '1', { state: 'succeeded', result, finishedAt: 1 }));
  jobs.set('test.echo/2', queuedJob('test.echo', '2'));
  const ask = (id: string, encoding?: string, method: 'GET' | 'HEAD' = 'GET') =>
    app.inject({
      method,
      url: `/jobs/test.echo/${id}`,
      headers: encoding === undefined ? {} : { 'accept-encoding': encoding },
    });
  const plain = await ask('1');
  expect([plain.headers['content-encoding'], plain.headers.vary]).toEqual([undefined, 'Prefer, Accept-Encoding']);
  const brotli = await ask('1', 'br');
  expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', etag: plain.headers.etag });
  expect(Number(brotli.headers['content-length'])).toBe(brotli.rawPayload.length);
  expect(brotliDecompressSync(brotli.rawPayload).toString()).toBe(plain.body);
  const zipped = await ask('1', 'gzip');
  expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body);
  expect((await ask('2', 'br')).headers['content-encoding']).toBeUndefined();
  expect((await ask('1', 'br', 'HEAD')).headers['content-encoding']).toBeUndefined();

  const json = { 'content-type': 'application/json' };
  await app.inject({ method: 'PUT', url: '/blobs/b', payload: plain.body, headers: json });
  const blob = await app.inject({ url: '/blobs/b', headers: { 'accept-encoding': 'br' } });
  expect([blob.headers['content-encoding'], blob.body]).toEqual([undefined, plain.body]);
});

test('a line for each request: who and what, no key, no body, no value of a query', async () => {
  const { app, add, logged } = createGuardedApp({ replaced: { web: { accessLog: true } } });
  const { id, text, headers } = add(['read']);
  await app.inject({ url: '/dead-letters?type=test.echo&code=job-failed', headers });
  await app.inject({ method: 'PUT', url: '/jobs/test.echo/1', payload: '{"secret":1}' });
  const lines = logged.filter(({ msg }) => msg === 'request');
  expect(lines).toMatchObject([
    { level: 30, method: 'GET', path: '/dead-letters?type&code', status: 200, caller: `key ${id}`, bytes: 18 },
    { level: 30, method: 'PUT', path: '/jobs/test.echo/1', status: 401, caller: null },
  ]);
  for (const secret of [text, 'test.echo&', 'job-failed', '"secret"'])
    expect(JSON.stringify(lines)).not.toContain(secret);
});

test.each([
  ['/jobs', '/jobs'],
  ['/jobs?type=a&after=b?c', '/jobs?type&after'],
  ['/jobs?', '/jobs?'],
])('%s is logged as %s', (url, path) => expect(loggedPath(url)).toBe(path));
