// What only a real connection shows (loopback, nothing outside the process): slow and broken requests, clients that go away,
// refused bodies whose sender must still get the answer, and a server that is closing.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createTestApp } from './app.fixture.ts';
import type { Submit } from './submit.ts';

const limits = { maxPayloadBytes: 262_144, maxBlobBytes: 1_000_000, bodyTimeoutMs: 300 };
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
  const complaints = () => test.logged.filter(({ level }) => level > 20);
  return { ...test, url, open, stillAnswers, complaints };
}

/** Everything that comes until the other side ends. */
async function answerOf(socket: Socket): Promise<{ head: string; body: string }> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { head, body };
}

const putHead = (path: string, more: string) => `PUT ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const json = 'Content-Type: application/json\r\n';

test.each([
  ['a body of a job', 408, 'request-timeout', putHead('/jobs/test.echo/1', `${json}Content-Length: 18\r\n`)],
  ['header fields', 408, 'request-timeout', 'PUT /jobs/test.echo/1 HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ['a body of a blob', 408, 'request-timeout', `${putHead('/blobs/b', 'Content-Length: 18\r\n')}123`],
  ['bad HTTP', 400, 'malformed-request', 'PUT /jobs\r\n\r\n'],
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
  const { open, stillAnswers, complaints, logged, submitted } = await listening();
  const socket = await open();
  socket.write(`${head}{"n"`);
  await vi.waitFor(async () => expect((await fetch(new URL('/livez', (await listening()).url))).status).toBe(200));
  socket.resetAndDestroy();
  await vi.waitFor(() => expect(logged).toContainEqual(expect.objectContaining({ msg: 'a request was refused' })));
  expect(submitted).toEqual([]);
  await stillAnswers();
  expect(complaints()).toEqual([]);
});

/** Never ends by itself: only the server's answer stops it. */
async function* endless() {
  for (;;) yield Buffer.alloc(65_536, 0x20);
}

test.each([
  ['a job', '/jobs/test.anything/1', Buffer.alloc(8_000_000, 0x20)],
  ['a blob', '/blobs/b', Buffer.alloc(8_000_000, 0x20)],
])('a body that is too large for %s: its sender reads the 413, not a reset', async (_name, path, body) => {
  const { url, stillAnswers } = await listening();
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
  socket.on('error', () => undefined);
  const answered = answerOf(socket);
  socket.write(putHead('/blobs/b', 'Transfer-Encoding: chunked\r\n'));
  for await (const chunk of endless()) {
    if (socket.destroyed || !socket.writable) break;
    socket.write(`${chunk.length.toString(16)}\r\n`);
    if (!socket.write(Buffer.concat([chunk, Buffer.from('\r\n')])))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
  expect((await answered).head).toMatch(/^HTTP\/1.1 413 /);
  await stillAnswers();
});

test('while it closes, what was begun is finished and what comes after gets 503', async () => {
  const begun = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const submit: Submit = async (submission) => {
    begun.resolve();
    await release.promise;
    throw new Error(`not reached twice: ${submission.id}`);
  };
  const { app, open } = await listening({ submit });
  const socket = await open();
  const request = `${putHead('/jobs/test.echo/1', `${json}Content-Length: 18\r\n`)}{"n":1,"text":"x"}`;
  socket.write(request);
  await begun.promise;
  const closed = app.close();
  socket.write(request);
  release.resolve();
  let text = '';
  for await (const chunk of socket) text += chunk;
  await closed;
  const [first, second] = text.split(/(?=HTTP\/1\.1 503)/);
  expect(first).toMatch(/^HTTP\/1.1 500 /);
  expect(second).toMatch(/^HTTP\/1.1 503 [\s\S]*retry-after: 1[\s\S]*"code":"shutting-down"/i);
});
