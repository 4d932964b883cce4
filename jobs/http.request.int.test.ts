import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobContext } from '../schemas/define-job.ts';
import { noBlobs } from '../test/no-blobs.ts';
import httpRequest from './http.request.ts';

let server: Server;
let url: string;

async function answer(request: IncomingMessage, response: ServerResponse) {
  const path = request.url ?? '';
  if (path === '/echo') {
    const body = request.method === 'HEAD' ? null : await json(request);
    const { 'idempotency-key': key, 'content-type': type } = request.headers;
    response.setHeader('content-type', 'application/problem+json');
    response.end(JSON.stringify({ method: request.method, key, type, body }));
  } else if (path === '/long') response.end('é'.repeat(500_000));
  else if (path === '/binary') response.end(Buffer.from([0xff, 0xfe, 0x00]));
  else if (path === '/broken') response.setHeader('content-type', 'application/json').end('{"a":');
  else if (path === '/missing') response.writeHead(404).end('no');
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function call(payload: Record<string, unknown>, allowPrivate = true) {
  const { signal } = new AbortController();
  const context = {
    type: 'http.request',
    id: 'a',
    generation: 0,
    attempt: 2,
    idempotencyKey: 'key-a',
    dryRun: false,
    traceparent: undefined,
    progress: () => undefined,
  };
  const full: JobContext = { ...context, signal, outbound: { allowPrivate }, blobs: noBlobs };
  return Promise.resolve(httpRequest.handler(payload as never, full));
}

test('the key of the job goes with every call, and JSON comes back parsed', async () => {
  const body = { item: 'book' };
  expect(await call({ url: `${url}/echo`, method: 'POST', body })).toMatchObject({
    status: 200,
    encoding: 'json',
    truncated: false,
    headers: { 'content-type': 'application/problem+json' },
    body: { method: 'POST', key: 'key-a', type: 'application/json', body },
  });
});

test("the caller's own headers win, whatever their case", async () => {
  const headers = { 'IDEMPOTENCY-KEY': 'mine', 'Content-Type': 'application/vnd.x+json' };
  const answered = await call({ url: `${url}/echo`, method: 'PUT', headers, body: '"text"' });
  expect(answered).toMatchObject({ body: { key: 'mine', type: 'application/vnd.x+json', body: 'text' } });
});

test('a body is cut at its limit, and what is no UTF-8 is base64', async () => {
  expect(await call({ url: `${url}/long`, maxBytes: 5 })).toMatchObject({
    body: 'éé',
    encoding: 'text',
    truncated: true,
  });
  expect(await call({ url: `${url}/binary` })).toMatchObject({ body: '//4A', encoding: 'base64', truncated: false });
  expect(await call({ url: `${url}/broken` })).toMatchObject({ body: '{"a":', encoding: 'text' });
  expect(await call({ url: `${url}/echo`, method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
});

test('any status is an answer, unless others are expected', async () => {
  expect(await call({ url: `${url}/missing` })).toMatchObject({ status: 404, body: 'no' });
  await expect(call({ url: `${url}/missing`, expectStatus: [200, 201] })).rejects.toThrow(
    'the answer has status 404, not 200 or 201',
  );
});

test('what must not be is refused with a reason', async () => {
  await expect(call({ url: `${url}/echo` }, false)).rejects.toThrow(/not at a public address/);
  await expect(call({ url: `${url}/echo`, headers: { Host: 'x' } })).rejects.toThrow('cannot be set: Host');
  await expect(call({ url: `${url}/silent`, timeoutMs: 50 })).rejects.toThrow(/silent did not work: .*timeout/);
});
