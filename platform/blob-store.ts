// Blobs on GridFS (bucket `blobs`), each whole or not at all. An id becomes visible, or changes to its new bytes, in one
// write to `blob_refs` after the last chunk is in; bytes that it pointed to before stay until their readers are done
// (blob-garbage.ts). The API stores and serves through this, jobs get it as `context.blobs`.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Db, GridFSBucket, type GridFSChunk, type GridFSFile, ObjectId } from 'mongodb';
import type { BlobInfo, BlobStore, ByteRange } from '../schemas/blob.ts';
import { PutlogError } from '../schemas/problem.ts';
import { chunkBytes, chunksOf } from './blob-chunks.ts';
import { type BlobRef, createBlobGarbage } from './blob-garbage.ts';

const majority = { writeConcern: { w: 'majority' } } as const;

const infoOf = ({ _id: id, size, contentType, sha256, createdAt }: BlobRef): BlobInfo => {
  return { id, size, contentType, sha256, createdAt };
};

const unavailable = (what: string, cause: unknown) =>
  new PutlogError('blob-store-unavailable', `${what} did not work; try again`, { cause, retryAfter: 1 });

/** MongoDB's errors, and only they: what a caller's body throws stays as it is. */
async function asked<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw unavailable(what, cause);
  }
}

async function* served(id: string, stream: Readable): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (cause) {
    throw unavailable(`reading blob ${id}`, cause);
  }
}

/**
 * Creates the indexes in `db` and removes what dead uploads and old readers left behind; for the start of a process.
 * @throws PutlogError blob-store-unavailable
 */
export async function prepareBlobStore(db: Db): Promise<void> {
  const indexes = Promise.all([
    db.collection('blobs.chunks').createIndex({ files_id: 1, n: 1 }, { unique: true }),
    db.collection('blobs.files').createIndex({ filename: 1, uploadDate: 1 }),
    db.collection('blob_refs').createIndex({ file: 1 }),
    db.collection('blob_garbage').createIndex({ dueAt: 1 }),
  ]);
  await asked('preparing the blob store', indexes);
  await asked('sweeping the blob store', createBlobGarbage(db).sweep());
}

/** @param now the clock, in milliseconds since the epoch. */
export function createBlobStore(db: Db, now: () => number = Date.now): BlobStore {
  const bucket = new GridFSBucket(db, { bucketName: 'blobs' });
  const chunks = db.collection<GridFSChunk>('blobs.chunks', majority);
  const files = db.collection<GridFSFile>('blobs.files', majority);
  const refs = db.collection<BlobRef>('blob_refs', majority);
  const garbage = createBlobGarbage(db, now);

  const find = (id: string) => asked(`looking for blob ${id}`, refs.findOne({ _id: id }));

  /** Each step may be the last of a dying process: whatever it leaves is written down as garbage by then. */
  const publish = async (ref: BlobRef): Promise<{ created: boolean }> => {
    const { _id: id, file, size: length, contentType, createdAt } = ref;
    const document = { _id: file, length, chunkSize: chunkBytes, filename: id, uploadDate: new Date(createdAt) };
    await files.insertOne({ ...document, metadata: { contentType } });
    const current = await refs.findOne({ _id: id });
    if (current !== null) await garbage.retire(current.file);
    await garbage.renew(file);
    const before = await refs.findOneAndReplace({ _id: id }, ref, { upsert: true, returnDocument: 'before' });
    if (before !== null) await garbage.retire(before.file);
    await garbage.forget(file);
    return { created: before === null };
  };

  const unpublish = async (id: string): Promise<boolean> => {
    const current = await refs.findOne({ _id: id });
    if (current === null) return false;
    await garbage.retire(current.file);
    const before = await refs.findOneAndDelete({ _id: id });
    if (before !== null) await garbage.retire(before.file);
    return before !== null;
  };

  const upload = async (file: ObjectId, id: string, body: AsyncIterable<Uint8Array>, maxBytes: number) => {
    const hash = createHash('sha256');
    let size = 0;
    const measured = async function* () {
      for await (const bytes of body) {
        size += bytes.byteLength;
        if (size > maxBytes) throw new PutlogError('payload-too-large', `a blob may have at most ${maxBytes} bytes`);
        hash.update(bytes);
        yield bytes;
      }
    };
    let n = 0;
    for await (const data of chunksOf(measured())) {
      await asked(`storing blob ${id}`, chunks.insertOne({ _id: new ObjectId(), files_id: file, n, data }));
      n += 1;
    }
    return { size, sha256: hash.digest('hex') };
  };

  return {
    async put(id, body, { contentType, maxBytes, sha256: announced }) {
      const file = new ObjectId();
      await asked(`storing blob ${id}`, garbage.announce(file));
      try {
        const { size, sha256 } = await upload(file, id, body, maxBytes);
        if (announced !== undefined && announced.toLowerCase() !== sha256)
          throw new PutlogError('checksum-mismatch', `the bytes that arrived have SHA-256 ${sha256}, not ${announced}`);
        const ref: BlobRef = { _id: id, file, size, contentType, sha256, createdAt: now() };
        // From here on a failure leaves it open whether the blob is visible: only a sweep, which looks, may clean up.
        const { created } = await asked(`storing blob ${id}`, publish(ref));
        return { info: infoOf(ref), created };
      } catch (error) {
        if (!(error instanceof PutlogError && error.code === 'blob-store-unavailable'))
          await asked(`removing what arrived of blob ${id}`, garbage.discard(file));
        throw error;
      }
    },

    async head(id) {
      const ref = await find(id);
      return ref === null ? undefined : infoOf(ref);
    },

    async open(id, range?: ByteRange) {
      const ref = await find(id);
      if (ref === null) return undefined;
      const { first, last } = range ?? { first: 0, last: ref.size - 1 };
      if (range !== undefined && (first < 0 || first > last || first >= ref.size))
        throw new PutlogError('range-not-satisfiable', `blob ${id} has ${ref.size} bytes`);
      if (ref.size === 0) return { info: infoOf(ref), stream: Readable.from([]) };
      const bytes = bucket.openDownloadStream(ref.file, { start: first, end: Math.min(last + 1, ref.size) });
      return { info: infoOf(ref), stream: Readable.from(served(id, bytes), { objectMode: false }) };
    },

    delete: (id) => asked(`deleting blob ${id}`, unpublish(id)),
  };
}
