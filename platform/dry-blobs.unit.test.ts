import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { BlobInfo, BlobStore } from '../schemas/blob.ts';
import { digestOf } from '../schemas/canonical-json.ts';
import { dryBlobs } from './dry-blobs.ts';

const info: BlobInfo = { id: 'there', size: 3, contentType: 'text/plain', sha256: digestOf('old'), createdAt: 1 };

/** Holds one blob, and keeps what is asked of it. */
function store() {
  const asked: string[] = [];
  const real: BlobStore = {
    async put(id) {
      asked.push(`put ${id}`);
      return { info, created: true };
    },
    head: async (id) => (id === 'there' ? info : undefined),
    open: async (id) => (id === 'there' ? { info, stream: Readable.from(['old']) } : undefined),
    async delete(id) {
      asked.push(`delete ${id}`);
      return true;
    },
  };
  return { asked, dry: dryBlobs(real, () => 7) };
}

const body = () => Readable.from([Buffer.from('ne'), Buffer.from('w')]);
const options = { contentType: 'text/plain', maxBytes: 3 };

test('what is put is measured and answered as if it were stored, and is not', async () => {
  const { asked, dry } = store();
  const stored = { size: 3, contentType: 'text/plain', sha256: digestOf('new'), createdAt: 7 };
  expect(await dry.put('new', body(), options)).toEqual({ info: { id: 'new', ...stored }, created: true });
  expect(await dry.put('there', body(), options)).toEqual({ info: { id: 'there', ...stored }, created: false });
  expect(await dry.head('new')).toBeUndefined();
  expect(await (await dry.open('there'))?.stream.toArray()).toEqual(['old']);
  expect(asked).toEqual([]);
});

test('what the real one refuses is refused', async () => {
  const { dry } = store();
  await expect(dry.put('new', body(), { ...options, maxBytes: 2 })).rejects.toMatchObject({
    code: 'payload-too-large',
  });
  const announced = { ...options, sha256: digestOf('other') };
  await expect(dry.put('new', body(), announced)).rejects.toMatchObject({ code: 'checksum-mismatch' });
});

test('nothing is deleted, and the answer says whether it was there', async () => {
  const { asked, dry } = store();
  expect([await dry.delete('there'), await dry.delete('new')]).toEqual([true, false]);
  expect(asked).toEqual([]);
});
