// Blobs over HTTP: digests, ranges, conditions, limits, and that nothing a blob holds can run under our origin.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTestApp } from './app.fixture.ts';

const bytes = Buffer.from('0123456789');
const hash = createHash('sha256').update(bytes).digest();
const etag = `"${hash.toString('hex')}"`;
const digest = `sha-256=:${hash.toString('base64')}:`;
const url = '/blobs/photo.png';

async function withBlob() {
  const { app, logged } = createTestApp();
  const put = (headers: Record<string, string> = {}, payload: Buffer = bytes) =>
    app.inject({ method: 'PUT', url, payload, headers });
  const get = (headers: Record<string, string> = {}) => app.inject({ url, headers });
  const created = await put({ 'content-type': 'image/png' });
  return { app, put, get, created, logged };
}

test('stored: 201 with Location; stored again: 200', async () => {
  const { created, put } = await withBlob();
  expect([created.statusCode, created.headers.location]).toEqual([201, url]);
  const info = { id: 'photo.png', size: 10, contentType: 'image/png', sha256: hash.toString('hex') };
  expect(created.json()).toEqual({ ...info, createdAt: '1970-01-01T00:00:00.000Z' });
  const again = await put();
  expect([again.statusCode, again.headers.location]).toEqual([200, undefined]);
  expect(again.json().contentType).toBe('application/octet-stream');
});

test('read: its bytes, type, length, ETag, digest; unable to run; HEAD says the same', async () => {
  const { app, get } = await withBlob();
  const answer = await get();
  expect([answer.statusCode, answer.rawPayload]).toEqual([200, bytes]);
  const told = {
    'content-type': 'image/png',
    'content-length': '10',
    etag,
    'repr-digest': digest,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
  expect(answer.headers).toMatchObject(told);
  const head = await app.inject({ method: 'HEAD', url });
  expect([head.statusCode, head.body]).toEqual([200, '']);
  expect(head.headers).toMatchObject(told);
});

test.each([
  ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
  ['bytes=8-', 206, '89', 'bytes 8-9/10'],
  ['bytes=-3', 206, '789', 'bytes 7-9/10'],
  ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
  ['bytes=0-1,4-5', 200, '0123456789', undefined],
  ['bytes=4-2', 200, '0123456789', undefined],
  ['lines=0-1', 200, '0123456789', undefined],
])('Range: %s answers %i', async (range, status, body, contentRange) => {
  const answer = await (await withBlob()).get({ range });
  expect([answer.statusCode, answer.body, answer.headers['content-range']]).toEqual([status, body, contentRange]);
  expect(answer.headers['content-length']).toBe(String(body.length));
});

test.each(['bytes=10-', 'bytes=-0'])('Range: %s lies outside: 416 with the size', async (range) => {
  const answer = await (await withBlob()).get({ range });
  expect([answer.statusCode, answer.headers['content-range']]).toEqual([416, 'bytes */10']);
  expect(answer.json().code).toBe('range-not-satisfiable');
});

test('conditions: If-None-Match brings 304, If-Range the whole when the blob is another', async () => {
  const { get, put } = await withBlob();
  const unchanged = await get({ 'if-none-match': etag });
  expect([unchanged.statusCode, unchanged.body, unchanged.headers.etag]).toEqual([304, '', etag]);
  expect((await get({ range: 'bytes=0-0', 'if-range': etag })).statusCode).toBe(206);
  expect((await get({ range: 'bytes=0-0', 'if-range': '"old"' })).statusCode).toBe(200);
  expect((await put({ 'if-none-match': '*' })).json()).toMatchObject({ status: 412, code: 'precondition-failed' });
});

test.each([
  [digest, 200, undefined],
  [`sha-512=:AAAA:, ${digest}`, 200, undefined],
  ['sha-512=:AAAA:', 200, undefined],
  [digest.replace(/:.{4}/, ':AAAA'), 422, 'checksum-mismatch'],
  ['sha-256=:AAAA:', 400, 'malformed-request'],
  ['sha-256=abc', 400, 'malformed-request'],
  ['', 400, 'malformed-request'],
])('Repr-Digest: %s answers %i', async (header, status, code) => {
  const { put } = await withBlob();
  const answer = await put({ 'repr-digest': header });
  expect(answer.statusCode).toBe(status);
  expect(answer.json().code).toBe(code);
});

test('too large, by its length or by its bytes: 413, and the app goes on', async () => {
  const { put, logged } = await withBlob();
  for (const headers of [{}, { 'content-length': '10', 'transfer-encoding': 'chunked' }]) {
    const answer = await put(headers, Buffer.alloc(1_000_001));
    expect(answer.json()).toMatchObject({ status: 413, code: 'payload-too-large' });
  }
  expect((await put()).statusCode).toBe(200);
  expect(logged.filter(({ level }) => level > 20)).toEqual([]);
});

test('removed: 204, then 404; ids and encodings are checked', async () => {
  const { app, get } = await withBlob();
  expect((await app.inject({ method: 'DELETE', url })).statusCode).toBe(204);
  expect((await app.inject({ method: 'DELETE', url })).json()).toMatchObject({ status: 404, code: 'unknown-blob' });
  expect((await get()).json()).toMatchObject({ status: 404, code: 'unknown-blob' });
  expect((await app.inject({ method: 'HEAD', url })).statusCode).toBe(404);
  expect((await app.inject('/blobs/a%2Fb')).json()).toMatchObject({ status: 400, code: 'invalid-id' });
  const headers = { 'content-encoding': 'gzip' };
  expect((await app.inject({ method: 'PUT', url, headers, payload: bytes })).statusCode).toBe(415);
});
