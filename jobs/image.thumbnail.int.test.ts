import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createBlobStore, prepareBlobStore } from '../platform/blob-store.ts';
import { createMongo } from '../platform/mongo.ts';
import type { JobContext } from '../schemas/define-job.ts';
import type {} from '../test/stack/addresses.ts';
import thumbnail from './image.thumbnail.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/thumbnail-${randomUUID()}`;
const mongo = createMongo(uri.href);
const blobs = createBlobStore(mongo.db);
const accepts = Compile(thumbnail.payload);
const promises = Compile(thumbnail.result);

const store = (id: string, bytes: Buffer) =>
  blobs.put(id, Readable.from([bytes]), { contentType: 'image/jpeg', maxBytes: 60_000_000 });

const painted = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c84' } });

beforeAll(async () => {
  await prepareBlobStore(mongo.db);
  // As a camera held upright stores it: lying, with a note that it is to be turned.
  await store('upright.jpg', await painted(900, 600).withMetadata({ orientation: 6, density: 300 }).jpeg().toBuffer());
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

async function run(payload: Record<string, unknown>, id = 'job-1') {
  expect(accepts.Errors(payload)).toEqual([]);
  const { signal } = new AbortController();
  const context = {
    type: 'image.thumbnail',
    id,
    generation: 0,
    attempt: 1,
    idempotencyKey: id,
    dryRun: false,
    signal,
    traceparent: undefined,
    progress: () => undefined,
  };
  const full: JobContext = { ...context, outbound: { allowPrivate: false }, blobs };
  const result = await thumbnail.handler(payload as never, full);
  expect(promises.Errors(result)).toEqual([]);
  return result;
}

async function stored(id: string) {
  const found = await blobs.open(id);
  if (found === undefined) throw new Error(`no blob ${id}`);
  return { info: found.info, image: await sharp(await buffer(found.stream)).metadata() };
}

test('a photo becomes an upright webp of 320 pixels, and what is told of it is so', async () => {
  const result = await run({ source: { blob: 'upright.jpg' }, metadata: true });
  const { info, image } = await stored('job-1.thumbnail');
  expect(image).toMatchObject({ format: 'webp', width: 320, height: 480 });
  expect(result).toMatchObject({
    blob: { id: 'job-1.thumbnail', size: info.size, contentType: 'image/webp', sha256: info.sha256 },
    width: 320,
    height: 480,
    source: { width: 600, height: 900, format: 'jpeg', orientation: 6, density: 300, hasExif: true, hasAlpha: false },
  });
});

test('a second attempt gives the same result and the same blob', async () => {
  const payload = { source: { blob: 'upright.jpg' }, width: 50 };
  expect(await run(payload, 'again')).toEqual(await run(payload, 'again'));
});

test.each([
  [
    { width: 100, height: 100, fit: 'cover', format: 'jpeg', quality: 50 },
    { format: 'jpeg', width: 100, height: 100 },
  ],
  [
    { width: 100, height: 100, fit: 'contain', format: 'png' },
    { format: 'png', width: 100, height: 100 },
  ],
  [
    { width: 100, height: 100, fit: 'inside', format: 'avif' },
    { format: 'heif', width: 67, height: 100 },
  ],
  [{ height: 5_000 }, { format: 'webp', width: 600, height: 900 }],
])('%j', async (payload, expected) => {
  await run({ source: { blob: 'upright.jpg' }, target: 'chosen', ...payload });
  expect((await stored('chosen')).image).toMatchObject(expected);
});

test('a job id of 200 characters still has a blob', async () => {
  const result = await run({ source: { blob: 'upright.jpg' } }, 'x'.repeat(200));
  expect(result).toMatchObject({ blob: { id: expect.stringMatching(/^[0-9a-f]{64}\.thumbnail$/) } });
});

test('what cannot be done is refused with a reason', async () => {
  await store('text', Buffer.from('not an image'));
  await store('drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'));
  await store('huge', await painted(12_000, 9_000).png().toBuffer());
  await expect(run({ source: { blob: 'unknown' } })).rejects.toThrow('there is no blob unknown');
  await expect(run({ source: { blob: 'text' } })).rejects.toThrow(/cannot be read as an image/);
  await expect(run({ source: { blob: 'drawing' } })).rejects.toThrow(/format svg are not supported/);
  await expect(run({ source: { blob: 'huge' } })).rejects.toThrow(/pixel/);
  await expect(run({ source: { blob: 'text' }, target: 'text' })).rejects.toThrow(/target is the source/);
  await expect(run({ source: { url: 'http://127.0.0.1:8000/a.png' } })).rejects.toThrow(/not at a public address/);
});
