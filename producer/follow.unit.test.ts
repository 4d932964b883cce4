// Event streams over a real connection (loopback, nothing outside the process), with a log of the test's own.
import { afterEach, expect, test, vi } from 'vitest';
import { createTestApp, queuedJob } from './app.fixture.ts';
import { eventOf } from './event-tail.fixture.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const job = queuedJob('test.echo', 'a', { state: 'running', eventOffset: 0 });
const over = queuedJob('test.echo', 'a', { state: 'succeeded', eventOffset: 2 });
const path = '/jobs/test.echo/a/events';
const [started, progressed, succeeded] = [
  eventOf(job, 'started'),
  eventOf(job, 'progressed', { progress: '{"current":1}' }),
  eventOf(job, 'succeeded', { result: '{"n":1}' }),
];

async function listening(replaced: Parameters<typeof createTestApp>[0] = {}) {
  const test = createTestApp(replaced);
  closers.push(() => test.app.close());
  test.jobs.set('test.echo/a', job);
  const url = await test.app.listen({ port: 0, host: '127.0.0.1' });
  /** `text` is what has come so far. */
  async function open(at: string, headers: Record<string, string> = {}) {
    const answer = await fetch(url + at, { headers: { accept: 'text/event-stream', ...headers } });
    const seen = { text: '', ended: false };
    const decoder = new TextDecoder();
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) seen.text += decoder.decode(chunk, { stream: true });
      seen.ended = true;
    })();
    const ids = () => [...seen.text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);
    return { answer, seen, ids, reading };
  }
  return { ...test, url, open };
}

const idOf = (kind: string, offset: number) => `test.echo/a/0.1/${kind}@${offset}`;
const all = [idOf('started', 0), idOf('progressed', 1), idOf('succeeded', 2)];

test('what the log holds, then what comes, then the end', async () => {
  const { open, log, hub } = await listening();
  await log.append(started);
  const { answer, seen, ids, reading } = await open(path);
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    ...{ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', vary: 'Accept' },
    ...{ 'x-accel-buffering': 'no', 'x-request-id': expect.any(String) },
  });
  await vi.waitFor(() => expect(ids()).toEqual(all.slice(0, 1)));
  expect(seen.text).toMatch(/^retry: 1000\n\n/);
  await log.append(progressed);
  await log.append(eventOf(queuedJob('test.echo', 'b'), 'succeeded'));
  await log.append({ ...succeeded });
  await reading;
  expect(ids()).toEqual([...all.slice(0, 2), idOf('succeeded', 3)]);
  expect(seen.text).toMatch(/event: succeeded\ndata: \{.*"result":\{"n":1\}\}\n\n: that was the end of the job\n\n$/);
  expect(hub.listeners).toBe(0);
});

test('what comes while the log is read comes behind it, and once', async () => {
  const reads = Promise.withResolvers<void>();
  const { open, log } = await listening();
  await log.append(started);
  const { fetch: read } = log.cluster;
  log.cluster.fetch = async (...args) => {
    const answer = await read(...args);
    await reads.promise;
    return answer;
  };
  const { ids, reading } = await open(path);
  await log.append(progressed);
  await log.append(succeeded);
  reads.resolve();
  await reading;
  expect(ids()).toEqual(all);
});

test('what comes between the listening and the look at the end of the log comes once', async () => {
  const { open, log } = await listening();
  await log.append(started);
  const { offsets } = log.cluster;
  log.cluster.offsets = async (...args) => {
    log.cluster.offsets = offsets;
    await log.append(progressed);
    return offsets(...args);
  };
  const { ids, reading } = await open(path);
  await log.append(succeeded);
  await reading;
  expect(ids()).toEqual(all);
});

test('a client that comes again goes on behind what it has heard; 204 where that was the end', async () => {
  const { open, log, jobs } = await listening();
  for (const event of [started, progressed, succeeded]) await log.append(event);
  jobs.set('test.echo/a', over);
  for (const [heard, rest] of [
    ['', all],
    [idOf('started', 0), all.slice(1)],
    [idOf('progressed', 1), all.slice(2)],
    // Of another job, and of another log.
    ['test.echo/b/0.1/started@1', all],
    [idOf('started', 99), all],
  ] as const) {
    const { ids, reading } = await open(path, { 'last-event-id': heard });
    await reading;
    expect(ids()).toEqual(rest);
  }
  const { answer } = await open(path, { 'last-event-id': idOf('succeeded', 2) });
  expect(answer.status).toBe(204);
  // Of an earlier generation it was not.
  jobs.set('test.echo/a', { ...over, generation: 1 });
  expect((await open(path, { 'last-event-id': idOf('succeeded', 2) })).answer.status).toBe(200);
});

test('a job that was sent again ends with its latest generation', async () => {
  const { open, log, jobs } = await listening();
  jobs.set('test.echo/a', { ...job, generation: 1, eventOffset: 1 });
  await log.append(eventOf(job, 'dead'));
  await log.append({ ...started, generation: 1 });
  const { ids, reading } = await open(path);
  await vi.waitFor(() => expect(ids()).toEqual([idOf('dead', 0), 'test.echo/a/1.1/started@1']));
  await log.append({ ...succeeded, generation: 1 });
  await reading;
  expect(ids().at(-1)).toBe('test.echo/a/1.1/succeeded@2');
});

test.each([
  ['/jobs/test.echo/none/events', 404, 'unknown-job'],
  ['/jobs/nothing/a%20b/events', 400, 'invalid-id'],
  ['/events?type=test.echo&type=x', 400, 'malformed-request'],
  ['/events?kind=ended', 400, 'malformed-request'],
  ['/events?kind=', 400, 'malformed-request'],
  ['/events?type=test.echo,', 400, 'malformed-request'],
  ['/events?type=A%20b', 400, 'malformed-request'],
  ['/events?job=1', 400, 'malformed-request'],
])('%s: %i %s, not a stream', async (at, status, code) => {
  const { url } = await listening();
  const answer = await fetch(url + at, { headers: { accept: 'text/event-stream' } });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ code });
});

test.each([
  ['application/json', 'application/json'],
  ['text/event-stream;q=0', 'application/json'],
  ['*/*', 'application/json'],
  ['application/json, text/event-stream;q=0.5', 'text/event-stream'],
])('Accept: %s: %s', async (accept, type) => {
  const { url, jobs, log } = await listening();
  for (const event of [started, progressed, succeeded]) await log.append(event);
  jobs.set('test.echo/a', over);
  const answer = await fetch(url + path, { headers: { accept } });
  expect(answer.headers.get('content-type')).toContain(type);
  expect(await answer.text()).toContain('"kind":"succeeded"');
});

test('pages of the log: each event once, and a cursor to nowhere is refused', async () => {
  const { url, jobs, log } = await listening();
  for (const event of [started, progressed, succeeded]) await log.append(event);
  jobs.set('test.echo/a', over);
  const first = await fetch(`${url}${path}?limit=2`);
  expect(await first.json()).toMatchObject([{ kind: 'started' }, { kind: 'progressed', progress: { current: 1 } }]);
  const next = /^<(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1];
  const second = await fetch(url + next);
  expect(await second.json()).toMatchObject([{ kind: 'succeeded', at: '2026-01-02T03:04:05.026Z' }]);
  expect(second.headers.get('link')).toBeNull();
  expect((await fetch(`${url}${path}?cursor=A-`)).status).toBe(400);
  expect((await fetch(`${url}${path}?limit=0`)).status).toBe(400);
});

test('many, live, of the types and kinds that were asked for; kept alive; ended in order', async () => {
  const { app, open, log, hub } = await listening();
  await log.append(started);
  const [every, some] = await Promise.all([open('/events'), open('/events?type=test.anything&kind=succeeded')]);
  await log.append(progressed);
  const other = queuedJob('test.anything', 'b');
  await log.append(eventOf(other, 'started'));
  await log.append(eventOf(other, 'succeeded'));
  await vi.waitFor(() => expect(every.ids()).toHaveLength(3));
  expect(some.ids()).toEqual(['test.anything/b/0.1/succeeded@3']);
  await vi.waitFor(() => expect(some.seen.text).toMatch(/\n:\n\n:\n\n$/));
  await app.close();
  await Promise.all([every.reading, some.reading]);
  expect(every.seen.text).toMatch(/: the server is stopping; connect again to go on\n\n$/);
  expect(hub.listeners).toBe(0);
});

test('the log cannot be read on: the stream ends, and its client goes on where it was', async () => {
  const { open, log, jobs, hub } = await listening();
  for (const event of [started, progressed, succeeded]) await log.append(event);
  jobs.set('test.echo/a', over);
  const { fetch: read } = log.cluster;
  log.cluster.fetch = async (topic, partition, offset, ...rest) => {
    if (offset > 1) throw new Error('no broker');
    return read(topic, partition, offset, ...rest);
  };
  const first = await open(path);
  await first.reading;
  expect(first.ids()).toEqual(all.slice(0, 2));
  expect(first.seen.text).toMatch(/: the log cannot be read on for the moment; connect again to go on\n\n$/);
  log.cluster.fetch = read;
  const second = await open(path, { 'last-event-id': String(first.ids().at(-1)) });
  await second.reading;
  expect(second.ids()).toEqual(all.slice(2));
  expect(hub.listeners).toBe(0);
});

test('a client that goes away is listened for no more', async () => {
  const { url, hub } = await listening();
  const away = new AbortController();
  await fetch(`${url}/events`, { signal: away.signal });
  await fetch(url + path, { signal: away.signal, headers: { accept: 'text/event-stream' } });
  expect(hub.listeners).toBe(2);
  away.abort();
  await vi.waitFor(() => expect(hub.listeners).toBe(0));
});

test('the log cannot be read: 503 as a problem document, and nobody is left listening', async () => {
  const { url, log, hub } = await listening();
  log.cluster.offsets = async () => {
    throw new Error('no broker');
  };
  const answer = await fetch(url + path, { headers: { accept: 'text/event-stream' } });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(await answer.json()).toMatchObject({ code: 'log-unreadable' });
  expect(hub.listeners).toBe(0);
});
