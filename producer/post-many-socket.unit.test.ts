// Many submits over a real connection (loopback, nothing outside the process): both ways at once, longer than a request may take, cut
// off by either end, and while the server stops.
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { afterEach, expect, test, vi } from 'vitest';
import { createTestApp, queuedJob } from './app.fixture.ts';
import type { Submit } from './submit.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const line = (id: string) => `${JSON.stringify({ type: 'test.echo', id, payload: { n: 1, text: 'x' } })}\n`;

async function listening(bodyTimeoutMs: number, replaced: Parameters<typeof createTestApp>[0] = {}) {
  const limits = { maxPayloadBytes: 262_144, maxBlobBytes: 1_000_000, bodyTimeoutMs };
  const test = createTestApp({ limits, ...replaced });
  closers.push(() => test.app.close());
  const url = await test.app.listen({ port: 0, host: '127.0.0.1' });
  const post = () => {
    const sent = request(`${url}/jobs`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
    // Cut off by one of the tests; the others would see it in what they read.
    sent.on('error', () => undefined);
    sent.flushHeaders();
    return sent;
  };
  const complaints = () => test.logged.filter(({ level }) => level > 30);
  return { ...test, url, post, complaints };
}

async function answersTo(sent: ClientRequest) {
  const [answer]: IncomingMessage[] = await once(sent, 'response');
  if (answer === undefined) throw new Error('no answer');
  const lines = createInterface({ input: answer })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  return { answer, next };
}

test('an answer comes while the body still arrives', async () => {
  const { post, complaints } = await listening(30_000);
  const sent = post();
  sent.write(line('a'));
  const { next } = await answersTo(sent);
  expect(await next()).toMatchObject({ line: 1, status: 202, id: 'a' });
  sent.write(line('b').slice(0, 9));
  sent.write(line('b').slice(9));
  expect(await next()).toMatchObject({ line: 2, status: 202, id: 'b' });
  sent.end(line('c').trim());
  expect(await next()).toMatchObject({ line: 3, status: 202, id: 'c' });
  expect(await next()).toBeUndefined();
  expect(complaints()).toEqual([]);
});

test('it may take as long as it likes, as long as lines come; another request may not', async () => {
  const { post, url, complaints } = await listening(300);
  const sent = post();
  const slow = fetch(`${url}/blobs/b`, {
    ...{ method: 'PUT', duplex: 'half' },
    body: new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) }),
  });
  const writing = setInterval(() => sent.write(line('a')), 20);
  try {
    const { next } = await answersTo(sent);
    // The limit of a whole request has struck when this one has its answer.
    expect((await slow).status).toBe(408);
    for (let i = 0; i < 20; i++) expect(await next()).toMatchObject({ status: 202 });
    clearInterval(writing);
    sent.end();
    for (let result = await next(); result !== undefined; result = await next()) expect(result.status).toBe(202);
    expect(complaints()).toEqual([]);
  } finally {
    clearInterval(writing);
  }
});

test('when no line comes any more it says so and ends', async () => {
  const { post, complaints } = await listening(200);
  const sent = post();
  sent.write(line('a') + line('b').slice(0, 20));
  const { answer, next } = await answersTo(sent);
  expect(await next()).toMatchObject({ line: 1, status: 202 });
  expect(await next()).toMatchObject({ line: 2, status: 408, code: 'request-timeout' });
  expect(await next()).toBeUndefined();
  await vi.waitFor(() => expect(answer.socket.destroyed).toBe(true), { timeout: 8_000 });
  expect(complaints()).toEqual([]);
});

test('a client that goes away: what was begun is accepted, what had not arrived is not', async () => {
  const release = Promise.withResolvers<void>();
  const accepted: string[] = [];
  const submit: Submit = async ({ job, id }) => {
    await release.promise;
    accepted.push(id);
    return { known: false, job: queuedJob(job.type, id) };
  };
  const { app, post, url, complaints } = await listening(30_000, { submit });
  const asked = once(app.server, 'request');
  const sent = post();
  sent.write(line('a') + line('b') + line('c').slice(0, 20));
  const [raw]: IncomingMessage[] = await asked;
  if (raw === undefined) throw new Error('no request');
  const gone = once(raw.socket, 'close');
  await vi.waitFor(() => expect(raw.readableLength).toBe(0));
  sent.destroy();
  await gone;
  // Nobody reads on.
  await vi.waitFor(() => expect(raw.listenerCount('readable')).toBe(0));
  release.resolve();
  await vi.waitFor(() => expect(accepted).toEqual(['a', 'b']));
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect(complaints()).toEqual([]);
});

test('while the server stops: what was begun has its answer, and the next line is told to come again', async () => {
  const { app, post, complaints } = await listening(30_000);
  const sent = post();
  sent.write(line('a'));
  const { next } = await answersTo(sent);
  expect(await next()).toMatchObject({ line: 1, status: 202 });
  const closed = app.close();
  expect(await next()).toMatchObject({ line: 2, status: 503, code: 'shutting-down', retriable: true });
  expect(await next()).toBeUndefined();
  await closed;
  expect(complaints()).toEqual([]);
});
