// What only a real connection shows (loopback, nothing outside the process): slow and broken requests, clients that go away,
// refused bodies whose sender must still get the answer, and a server that is closing.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createTestApp, queuedJob } from './app.fixture.ts';
import type { Submit } from './submit.ts';

const limits = { maxPayloadBytes: 262_144, maxBlobBytes: 1_000_000, bodyTimeoutMs: 200 };
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function listening(replaced: Parameters<typeof createTestApp>[0] = {}) {
  const test = createTestApp({ limits, ...replaced });
  closers.push(() => test.app.close());
  const url = await test.app.listen({ port: 0, host: '127.0.0.1' });
  const open = async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1');
    await once(socket, 'connect');
    return socket;
  };
  const good = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"n":1,"text":"x"}' };
  const stillAnswers = async () => expect((await fetch(`${url}/jobs/test.echo/after`, good)).status).toBe(202);
  const complaints = () => test.logged.filter(({ level }) => level > 30);
  return { ...test, url, open, stillAnswers, complaints };
}

const event = (socket: Socket, name: string) => new Promise<void>((resolve) => socket.once(name, () => resolve()));

/** Everything that comes until the connection is gone; a reset after the answer takes nothing of it back. */
async function answerOf(socket: Socket): Promise<{ text: string; head: string; body: string }> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', (error) => expect(error).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) }));
  await event(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { text, head, body };
}

const putHead = (path: string, more: string) => `PUT ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const json = 'Content-Type: application/json\r\n';

test.each([
  ['a body of a job', 408, 'request-timeout', putHead('/jobs/test.echo/1', `${json}Content-Length: 18\r\n`)],
  ['header fields', 408, 'request-timeout', 'PUT /jobs/test.echo/1 HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ['a body of a blob', 408, 'request-timeout', `${putHead('/blobs/b', 'Content-Length: 18\r\n')}123`],
  ['bad HTTP', 400, 'malformed-request', 'GARBAGE\r\n\r\n'],
  ['no Host', 400, 'malformed-request', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['large header fields', 431, 'headers-too-large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
])('%s: %i as a problem document, then the connection ends', async (_name, status, code, sent) => {
  const { open, stillAnswers, complaints } = await listening();
  const socket = await open();
  socket.write(sent);
  const { head, body } = await answerOf(socket);
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toMatch(/content-type: application\/problem\+json/i);
  expect(JSON.parse(body)).toMatchObject({ status, code });
  await stillAnswers();
  expect(complaints()).toEqual([]);
});

test.each([
  ['a job', putHead('/jobs/test.echo/1', `${json}Content-Length: 18\r\n`)],
  ['a blob', putHead('/blobs/b', 'Content-Length: 18\r\n')],
])('a client that goes away in the body of %s is no fault of ours', async (_name, head) => {
  const { app, open, stillAnswers, complaints, logged, submitted } = await listening();
  const socket = await open();
  const begun = once(app.server, 'request');
  socket.write(`${head}{"n"`);
  await begun;
  socket.resetAndDestroy();
  await vi.waitFor(() => expect(logged).toContainEqual(expect.objectContaining({ msg: 'a request was refused' })));
  expect(submitted).toEqual([]);
  await stillAnswers();
  expect(complaints()).toEqual([]);
});

test.each([
  ['a job', '/jobs/test.anything/1', Buffer.alloc(8_000_000, 0x20)],
  ['a blob', '/blobs/b', Buffer.alloc(8_000_000, 0x20)],
])('a body that is too large for %s: its sender reads the 413, not a reset', async (_name, path, body) => {
  // Too large, not too slow: eight megabytes take their time where much else runs.
  const { url, stillAnswers } = await listening({ limits: { ...limits, bodyTimeoutMs: 30_000 } });
  for (const sent of [body, new Blob([body]).stream()]) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method: 'PUT', headers, body: sent, duplex: 'half' });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'payload-too-large' });
  }
  await stillAnswers();
});

test('a body without end is answered 413 and cut off', async () => {
  const { open, stillAnswers } = await listening();
  const socket = await open();
  const answered = answerOf(socket);
  const gone = event(socket, 'close');
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
  socket.write(putHead('/blobs/b', 'Transfer-Encoding: chunked\r\n'));
  while (!socket.closed) if (!socket.write(chunk)) await Promise.race([event(socket, 'drain'), gone]);
  expect((await answered).head).toMatch(/^HTTP\/1.1 413 /);
  await stillAnswers();
});

test('while it closes, what was begun is finished and what comes after gets 503', async () => {
  const release = Promise.withResolvers<void>();
  const submit: Submit = async ({ job, id }) => {
    await release.promise;
    return { known: false, job: queuedJob(job.type, id) };
  };
  const { app, open } = await listening({ submit });
  const [early, late] = [await open(), await open()];
  const begun = once(app.server, 'request');
  early.write(`${putHead('/jobs/test.echo/1', `${json}Content-Length: 18\r\n`)}{"n":1,"text":"x"}`);
  await begun;
  late.write('GET /jobs/test.echo/1 HTTP/1.1\r\n');
  // An answer to somebody else tells that the server has read the line above, which makes its connection a busy one.
  const other = await open();
  other.write('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await answerOf(other);

  const answers = Promise.all([answerOf(early), answerOf(late)]);
  const closed = app.close();
  late.write('Host: x\r\n\r\n');
  const refused = once(late, 'data');
  await refused;
  release.resolve();
  const [accepted, rejected] = await answers;
  await closed;
  expect(accepted.head).toMatch(/^HTTP\/1.1 202 [\s\S]*connection: close/i);
  expect(rejected.head).toMatch(/^HTTP\/1.1 503 [\s\S]*retry-after: 1/i);
  expect(JSON.parse(rejected.body)).toMatchObject({ code: 'shutting-down' });
});
