// What only a real connection over TLS shows (loopback, nothing outside the process): HTTP/2 and 1.1 on one port, refused bodies whose
// sender must still get the answer, bad HTTP, and a server that is closing.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, expect, test } from 'vitest';
import { makeCertificate } from '../test/stack/certificate.ts';
import { createTestApp, queuedJob } from './app.fixture.ts';
import type { Submit } from './submit.ts';

const folder = mkdtempSync(join(tmpdir(), 'putlog-tls-'));
const { cert, key } = makeCertificate(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function listening(replaced: Parameters<typeof createTestApp>[0] = {}) {
  const limits = { maxPayloadBytes: 10_000, maxBlobBytes: 1_000_000, bodyTimeoutMs: 500 };
  const test = createTestApp({ limits, web: { tls: { cert, key } }, ...replaced });
  const url = await test.app.listen({ port: 0, host: '127.0.0.1' });
  const session = connect(url, { ca: cert });
  closers.push(() => test.app.close());
  closers.push(async () => session.destroy());
  return { ...test, url, session };
}

async function ask(session: ClientHttp2Session, path: string, body?: string, end = true) {
  const method = body === undefined ? 'GET' : 'PUT';
  const stream = session.request({ ':path': path, ':method': method, 'content-type': 'application/json' });
  if (end) stream.end(body);
  else stream.write(body);
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  stream.close();
  return { status: headers[':status'], headers, body: text === '' ? {} : JSON.parse(text) };
}

const good = '{"n":1,"text":"x"}';
const put = '/jobs/test.echo/1';

test('HTTP/2: a PUT, a problem, and many at once on one connection', async () => {
  const { session, url } = await listening();
  expect(url).toMatch(/^https:/);
  expect(await ask(session, put, good)).toMatchObject({ status: 202, headers: { location: put } });
  expect(session.alpnProtocol).toBe('h2');
  expect(await ask(session, put, '{')).toMatchObject({ status: 400, body: { code: 'malformed-json' } });
  expect(await ask(session, '/nowhere')).toMatchObject({ status: 404, body: { code: 'unknown-route' } });
  const many = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(session, `/jobs/test.echo/${i}`, good)));
  expect(new Set(many.map(({ status }) => status))).toEqual(new Set([202]));
});

test('HTTP/2: too large, and too slow, are problem documents; the connection stays', async () => {
  const { session } = await listening();
  const large = await ask(session, put, JSON.stringify({ n: 1, text: 'x'.repeat(100_000) }));
  expect(large).toMatchObject({ status: 413, body: { code: 'payload-too-large' } });
  expect(await ask(session, put, '{', false)).toMatchObject({ status: 408, body: { code: 'request-timeout' } });
  expect(await ask(session, put, good)).toMatchObject({ status: 202 });
});

test('HTTP/1.1 on the same port', async () => {
  const { url } = await listening();
  const sent = request(`${url}${put}`, { method: 'PUT', ca: cert, headers: { 'content-type': 'application/json' } });
  sent.end(good);
  const [answer] = await once(sent, 'response');
  expect([answer.statusCode, answer.httpVersion]).toEqual([202, '1.1']);
  answer.resume();
});

test('bad HTTP over TLS is a problem document; what is not TLS at all hurts nobody', async () => {
  const { url, session, logged } = await listening();
  const port = Number(new URL(url).port);
  const socket = connectTls({ port, host: '127.0.0.1', ca: cert, ALPNProtocols: ['http/1.1'] }).setEncoding('latin1');
  await once(socket, 'secureConnect');
  socket.write('GARBAGE\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1.1 400 [\s\S]*application\/problem\+json[\s\S]*malformed-request/);
  await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow();
  expect(await ask(session, '/livez')).toMatchObject({ status: 200 });
  expect(logged.filter(({ level }) => level > 40)).toEqual([]);
});

test('closing: what is in flight gets its answer, and the session ends', async () => {
  const arrived = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const submit: Submit = async ({ job, id }) => {
    arrived.resolve();
    await goOn.promise;
    return { known: false, job: queuedJob(job.type, id) };
  };
  const { session, app } = await listening({ submit });
  const answer = ask(session, put, good);
  await arrived.promise;
  const closed = app.close();
  goOn.resolve();
  expect(await answer).toMatchObject({ status: 202 });
  if (!session.closed) await once(session, 'close');
  await closed;
});
