import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type {} from '../test/stack/addresses.ts';
import { createBlobGarbage } from './blob-garbage.ts';
import { createBlobStore, prepareBlobStore } from './blob-store.ts';
import { createMongo } from './mongo.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/blobs-${randomUUID()}`;
const mongo = createMongo(uri.href);
const blobs = createBlobStore(mongo.db);
const limits = { contentType: 'image/png', maxBytes: 4_000_000 };

beforeAll(() => prepareBlobStore(mongo.db));
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

async function* bodyOf(bytes: Buffer, part = 65_536) {
  for (let at = 0; at < bytes.length; at += part) yield bytes.subarray(at, at + part);
}

async function* brokenBody() {
  yield randomBytes(600_000);
  throw new Error('the client went away');
}

async function read(id: string, range?: { first: number; last: number }) {
  const found = await blobs.open(id, range);
  return found && { info: found.info, bytes: await buffer(found.stream) };
}

/** What is in GridFS beyond the bytes of visible blobs. */
async function assertNothingLeft() {
  const visible = (await mongo.db.collection('blob_refs').find().toArray()).map(({ file }) => file);
  expect(await mongo.db.collection('blobs.chunks').countDocuments({ files_id: { $nin: visible } })).toBe(0);
  expect(await mongo.db.collection('blobs.files').countDocuments({ _id: { $nin: visible } })).toBe(0);
}

const inTwoHours = () => Date.now() + 2 * 3_600_000;

describe('what is stored', () => {
  test.each([0, 1, 261_119, 261_120, 261_121, 1_500_000])('%i bytes come back as they were', async (size) => {
    const bytes = randomBytes(size);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const id = randomUUID();
    const { info, created } = await blobs.put(id, bodyOf(bytes), { ...limits, sha256: sha256.toUpperCase() });
    expect({ ...info, created }).toMatchObject({ id, size, sha256, contentType: 'image/png', created: true });
    expect(await blobs.head(id)).toEqual(info);
    expect(await read(id)).toEqual({ info, bytes });
  });

  test('a range is those bytes, across chunks and cut at the end', async () => {
    const bytes = randomBytes(1_000_000);
    await blobs.put('ranged', bodyOf(bytes), limits);
    for (const [first, last] of [
      [0, 0],
      [10, 20],
      [261_119, 261_120],
      [300_000, 900_000],
      [999_999, 5_000_000],
    ] as const)
      expect((await read('ranged', { first, last }))?.bytes).toEqual(bytes.subarray(first, last + 1));
    await expect(blobs.open('ranged', { first: 1_000_000, last: 1_000_001 })).rejects.toMatchObject({
      code: 'range-not-satisfiable',
    });
  });

  test('an unknown id is undefined', async () => {
    expect(await blobs.head('unknown')).toBeUndefined();
    expect(await blobs.open('unknown')).toBeUndefined();
    expect(await blobs.delete('unknown')).toBe(false);
  });
});

describe('whole or not at all', () => {
  test.each([
    ['a body that breaks off', brokenBody(), {}, /client went away/],
    ['too many bytes', bodyOf(randomBytes(1_000_001)), { maxBytes: 1_000_000 }, /at most 1000000 bytes/],
    ['another checksum', bodyOf(randomBytes(600_000)), { sha256: 'ab'.repeat(32) }, /have SHA-256/],
  ])('%s leaves the old bytes and no chunk of the new', async (_, body, options, message) => {
    const old = randomBytes(10);
    const id = randomUUID();
    await blobs.put(id, bodyOf(old), limits);
    await expect(blobs.put(id, body, { ...limits, ...options })).rejects.toThrow(message);
    expect((await read(id))?.bytes).toEqual(old);
    await assertNothingLeft();
  });

  test('a blob is invisible until its last byte is in', async () => {
    const halfway = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const slow = async function* () {
      yield randomBytes(600_000);
      halfway.resolve();
      await goOn.promise;
      yield randomBytes(10);
    };
    const stored = blobs.put('slow', slow(), limits);
    await halfway.promise;
    expect(await blobs.head('slow')).toBeUndefined();
    goOn.resolve();
    expect(await stored).toMatchObject({ created: true, info: { size: 600_010 } });
  });

  test('twenty writers of one id leave one of their blobs, whole', async () => {
    const bodies = Array.from({ length: 20 }, () => randomBytes(300_000));
    const answers = await Promise.all(bodies.map((bytes) => blobs.put('contended', bodyOf(bytes), limits)));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    const found = await read('contended');
    expect(bodies.some((bytes) => found?.bytes.equals(bytes))).toBe(true);
    await createBlobGarbage(mongo.db, inTwoHours).sweep();
    expect((await read('contended'))?.bytes).toEqual(found?.bytes);
    await assertNothingLeft();
  });
});

describe('what is replaced', () => {
  test('a reader of the old bytes finishes, and a later sweep removes them', async () => {
    const old = randomBytes(1_200_000);
    await blobs.put('replaced', bodyOf(old), limits);
    const reading = await blobs.open('replaced');
    expect(await blobs.put('replaced', bodyOf(Buffer.from('new')), limits)).toMatchObject({ created: false });
    await createBlobGarbage(mongo.db).sweep();
    expect(reading && (await buffer(reading.stream))).toEqual(old);
    expect(await createBlobGarbage(mongo.db, inTwoHours).sweep()).toBeGreaterThan(0);
    expect((await read('replaced'))?.bytes.toString()).toBe('new');
    await assertNothingLeft();
  });

  test('a deleted blob is gone at once, its bytes after the sweep', async () => {
    await blobs.put('deleted', bodyOf(randomBytes(10)), limits);
    expect(await blobs.delete('deleted')).toBe(true);
    expect(await blobs.head('deleted')).toBeUndefined();
    await createBlobGarbage(mongo.db, inTwoHours).sweep();
    await assertNothingLeft();
  });

  test('an upload whose process died is swept a day later', async () => {
    const never = Promise.withResolvers<void>();
    const stuck = Promise.withResolvers<void>();
    const dying = async function* () {
      yield randomBytes(600_000);
      stuck.resolve();
      await never.promise;
    };
    const upload = blobs.put('dying', dying(), limits);
    await stuck.promise;
    await createBlobGarbage(mongo.db, inTwoHours).sweep();
    await expect(assertNothingLeft()).rejects.toThrow();
    await createBlobGarbage(mongo.db, () => Date.now() + 25 * 3_600_000).sweep();
    await assertNothingLeft();
    // Had it only been slow, it must not become visible now.
    never.resolve();
    await expect(upload).rejects.toMatchObject({ code: 'blob-store-unavailable' });
    expect(await blobs.head('dying')).toBeUndefined();
  });
});

test('with MongoDB away every call says so, with the cause', async () => {
  const away = createMongo('mongodb://127.0.0.1:9/none', { selectionTimeoutMs: 100 });
  const store = createBlobStore(away.db);
  const calls = [store.head('a'), store.open('a'), store.delete('a'), store.put('a', bodyOf(Buffer.from('a')), limits)];
  for (const settled of await Promise.allSettled(calls))
    expect(settled).toMatchObject({ reason: { code: 'blob-store-unavailable', cause: expect.any(Error) } });
  await away.close();
});
