// Conditional requests (RFC 9110 §13) on everything that has an entity tag: the same fields mean the same wherever they stand.
import { expect, test } from 'vitest';
import { createTestApp, queuedJob } from './app.fixture.ts';

type Method = 'GET' | 'HEAD' | 'PUT' | 'DELETE';
const [job, blob] = ['/jobs/test.echo/a', '/blobs/b'];

async function withBoth() {
  const test = createTestApp();
  test.jobs.set('test.echo/a', queuedJob('test.echo', 'a'));
  await test.app.inject({ method: 'PUT', url: blob, payload: 'bytes' });
  const tags = new Map<string, string>();
  for (const url of [job, blob]) tags.set(url, String((await test.app.inject(url)).headers.etag));
  const ask = async (method: Method, url: string, headers: Record<string, string>) => {
    const told = Object.entries(headers).map(([name, value]) => [
      name,
      value.replaceAll('TAG', tags.get(url) ?? '"x"'),
    ]);
    const payload = method === 'PUT' ? { payload: url === blob ? 'other' : '{"n":1,"text":"x"}' } : {};
    const type = url === blob ? 'text/plain' : 'application/json';
    const all = { ...Object.fromEntries(told), ...(method === 'PUT' && { 'content-type': type }) };
    return test.app.inject({ method, url, headers: all, ...payload });
  };
  return { ...test, ask };
}

const readers: [url: string, method: Method][] = [
  [job, 'GET'],
  [job, 'HEAD'],
  [blob, 'GET'],
  [blob, 'HEAD'],
];
const whenRead: [headers: Record<string, string>, status: number][] = [
  [{ 'if-match': 'TAG' }, 200],
  [{ 'if-match': '*' }, 200],
  [{ 'if-match': '"x", TAG' }, 200],
  [{ 'if-match': '"x"' }, 412],
  [{ 'if-match': 'W/TAG' }, 412],
  [{ 'if-match': 'nonsense' }, 412],
  [{ 'if-none-match': 'TAG' }, 304],
  [{ 'if-none-match': 'W/TAG' }, 304],
  [{ 'if-none-match': '*' }, 304],
  [{ 'if-none-match': '"x"' }, 200],
  [{ 'if-match': '"x"', 'if-none-match': 'TAG' }, 412],
  [{ 'if-match': 'TAG', 'if-none-match': 'TAG' }, 304],
  [{ 'if-modified-since': 'Fri, 01 Jan 2038 00:00:00 GMT' }, 200],
  [{ 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 200],
];

test.each(readers.flatMap(([url, method]) => whenRead.map((row) => [method, url, ...row] as const)))(
  '%s %s with %o: %i',
  async (method, url, headers, status) => {
    const { ask, logged } = await withBoth();
    const answer = await ask(method, url, headers);
    expect(answer.statusCode).toBe(status);
    if (status === 304) expect([answer.body, answer.headers.etag !== undefined]).toEqual(['', true]);
    if (status === 412 && method === 'GET') expect(answer.json()).toMatchObject({ code: 'precondition-failed' });
    expect(logged.filter(({ level }) => level > 20)).toEqual([]);
  },
);

test.each<[Method, string, Record<string, string>, number]>([
  ['DELETE', job, { 'if-match': 'TAG' }, 202],
  ['DELETE', job, { 'if-match': '"x"' }, 412],
  ['DELETE', job, { 'if-none-match': '*' }, 412],
  ['DELETE', job, { 'if-none-match': '"x"' }, 202],
  ['DELETE', blob, { 'if-match': 'TAG' }, 204],
  ['DELETE', blob, { 'if-match': '"x"' }, 412],
  ['DELETE', blob, { 'if-none-match': 'TAG' }, 412],
  ['PUT', blob, { 'if-match': 'TAG' }, 200],
  ['PUT', blob, { 'if-match': '"x"' }, 412],
  ['PUT', blob, { 'if-none-match': '*' }, 412],
  ['PUT', blob, { 'if-none-match': 'TAG' }, 412],
  ['PUT', blob, { 'if-none-match': '"x"' }, 200],
  ['PUT', '/blobs/new', { 'if-match': '*' }, 412],
  ['PUT', '/blobs/new', { 'if-none-match': '*' }, 201],
  // What a submit cannot compare it does not ignore.
  ['PUT', job, { 'if-match': 'TAG' }, 400],
  ['PUT', '/jobs/test.echo/new', { 'if-match': '*' }, 400],
  ['PUT', '/jobs/test.echo/new', { 'if-none-match': '*' }, 202],
])('%s %s with %o: %i, and where it is refused nothing is done', async (method, url, headers, status) => {
  const { ask, app, cancelled, submitted } = await withBoth();
  expect((await ask(method, url, headers)).statusCode).toBe(status);
  if (status < 400) return;
  expect([cancelled, submitted]).toEqual([[], []]);
  expect((await app.inject(blob)).body).toBe('bytes');
});

test.each([
  ['what is there', 'TAG', 206, 'b'],
  ['the same, weakly', 'W/TAG', 200, 'bytes'],
  ['another', '"x"', 200, 'bytes'],
  ['a date', 'Fri, 01 Jan 2038 00:00:00 GMT', 200, 'bytes'],
])('a range of a blob if it is %s', async (_name, ifRange, status, body) => {
  const { ask } = await withBoth();
  const answer = await ask('GET', blob, { range: 'bytes=0-0', 'if-range': ifRange });
  expect([answer.statusCode, answer.body]).toEqual([status, body]);
  expect((await ask('GET', blob, { range: 'bytes=0-0', 'if-range': ifRange, 'if-match': '"x"' })).statusCode).toBe(412);
});

test('what is not there is a 404 under If-None-Match', async () => {
  const { ask } = await withBoth();
  for (const url of ['/jobs/test.echo/none', '/blobs/none'])
    for (const method of ['GET', 'DELETE'] as const)
      expect((await ask(method, url, { 'if-none-match': '*' })).statusCode).toBe(404);
});
