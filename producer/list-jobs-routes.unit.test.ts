// GET /jobs: the query, the pages, the cursor that nobody can bend, and conditions.
import { expect, test } from 'vitest';
import { createTestApp, queuedJob } from './app.fixture.ts';
import type { JobCursor, JobFilter } from './list-jobs.ts';

const behind = { createdAt: Date.UTC(2026, 0, 2), _id: 'test.echo/a' };

function createList() {
  const asked: { filter: JobFilter; limit: number; behind: JobCursor | undefined }[] = [];
  const jobs = ['b', 'a'].map((id) => queuedJob('test.echo', id, { result: '{"n":1, "x":[]}', state: 'succeeded' }));
  const test = createTestApp({
    async listJobs(filter, limit, from) {
      asked.push({ filter, limit, behind: from });
      return { jobs, next: behind };
    },
  });
  return { ...test, asked, get: (query = '', headers = {}) => test.app.inject({ url: `/jobs${query}`, headers }) };
}

test('each as its own GET tells it, byte for byte, newest first, with the way to the next page', async () => {
  const { get, asked, app, jobs } = createList();
  jobs.set('test.echo/b', queuedJob('test.echo', 'b', { result: '{"n":1, "x":[]}', state: 'succeeded' }));
  const answer = await get('?type=test.echo&state=succeeded,failed&createdAfter=2026-01-01T00:00:00Z&limit=2');
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain(`{"jobs":[${(await app.inject('/jobs/test.echo/b')).body},`);
  const filter = { types: ['test.echo'], states: ['succeeded', 'failed'], createdAfter: Date.UTC(2026, 0, 1) };
  expect(asked).toEqual([{ filter, limit: 2, behind: undefined }]);
  const { next } = answer.json();
  expect(answer.headers.link).toBe(`<${next}>; rel="next"`);
  expect((await app.inject(next)).statusCode).toBe(200);
  expect(asked[1]).toEqual({ filter, limit: 2, behind });
});

test('fifty unless told; the last page has no next', async () => {
  const { get, asked } = createList();
  const answer = await createTestApp().app.inject('/jobs');
  expect([answer.json(), answer.headers.link]).toEqual([{ jobs: [] }, undefined]);
  await get();
  expect(asked).toEqual([{ filter: {}, limit: 50, behind: undefined }]);
});

test('a cursor goes with its filters, in whatever order they stand, and with any limit', async () => {
  const { get, asked } = createList();
  const { next } = (await get('?state=queued,failed&key=k')).json();
  const cursor = new URLSearchParams(next.split('?')[1]).get('cursor');
  expect((await get(`?cursor=${cursor}&key=k&state=failed,queued&limit=7`)).statusCode).toBe(200);
  expect(asked[1]).toMatchObject({ limit: 7, behind });
  for (const other of ['', '&key=k', '&key=K&state=failed,queued', '&key=k&state=failed,queued&type=test.echo']) {
    const answer = await get(`?cursor=${cursor}${other}`);
    expect(answer.json()).toMatchObject({ status: 400, code: 'malformed-request' });
    expect(answer.json().detail).toContain('other filters');
  }
});

test('a cursor of which one character is another, is missing or is one too many is a 400', async () => {
  const { get, asked } = createList();
  const { next } = (await get()).json();
  const cursor = new URLSearchParams(next.split('?')[1]).get('cursor') ?? '';
  const bent = [...cursor].flatMap((character, i) => {
    const around = (middle: string) => cursor.slice(0, i) + middle + cursor.slice(i + 1);
    return [around(character === 'A' ? 'B' : 'A'), around(''), around(`${character}A`)];
  });
  for (const one of [...new Set(bent)].filter((text) => text !== cursor))
    expect([one, (await get(`?cursor=${one}`)).json().code]).toEqual([one, 'malformed-request']);
  expect(asked).toHaveLength(1);
});

test.each([
  ['an unknown parameter', '?status=queued'],
  ['a parameter twice', '?state=queued&state=failed'],
  ['an unknown state', '?state=queued,done'],
  ['no state', '?state='],
  ['what is no type', '?type=Test'],
  ['what is no time', '?createdAfter=yesterday'],
  ['a time without an offset', '?createdBefore=2026-01-01T00:00:00'],
  ['an empty key', '?key='],
  ['limit 0', '?limit=0'],
  ['limit 501', '?limit=501'],
  ['limit one and a half', '?limit=1.5'],
  ['an empty cursor', '?cursor='],
  ['a cursor of nonsense', '?cursor=abc'],
  ['a cursor that is JSON of something else', `?cursor=${Buffer.from('{"a":1}').toString('base64url')}`],
])('%s is a 400', async (_name, query) => {
  const { get, asked } = createList();
  expect((await get(query)).json()).toMatchObject({ status: 400, code: 'malformed-request', instance: '/jobs' });
  expect(asked).toEqual([]);
});

test('an ETag that brings 304 while the page is the same; HEAD says the same', async () => {
  const { get, app } = createList();
  const { headers, body } = await get();
  const again = await get('', { 'if-none-match': String(headers.etag) });
  expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', headers.etag]);
  expect((await get('', { 'if-none-match': '"other"' })).statusCode).toBe(200);
  expect((await get('', { 'if-match': '"other"' })).json()).toMatchObject({ status: 412 });
  const head = await app.inject({ method: 'HEAD', url: '/jobs' });
  expect([head.statusCode, head.body, head.headers.link]).toEqual([200, '', headers.link]);
  expect(head.headers['content-length']).toBe(String(Buffer.byteLength(body)));
});

test('what else this address is asked for: 405 with what it takes', async () => {
  const answer = await createList().app.inject({ method: 'DELETE', url: '/jobs' });
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
});
