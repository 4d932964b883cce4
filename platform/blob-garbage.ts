// Bytes in GridFS that no blob points to, or not yet: uploads under way and what a newer upload replaced. Everything is
// written down here before it can be left behind, so that a process that dies in between leaves nothing for ever.
// The blob store keeps this list; a sweep looks at `blob_refs` itself and never removes what a blob points to.
import { type Db, type GridFSChunk, type GridFSFile, ObjectId } from 'mongodb';

/** A blob as readers see it: its id, and the GridFS file that holds its bytes. */
export type BlobRef = {
  _id: string;
  file: ObjectId;
  size: number;
  contentType: string;
  sha256: string;
  createdAt: number;
};

/** `_id` is the GridFS file; `claim` is the sweep that is at work on it; `publishing`: its upload is becoming visible. */
type Entry = { _id: ObjectId; dueAt: Date; claim?: ObjectId; publishing?: true };

const uploadMs = 24 * 3_600_000;
const readerMs = 3_600_000;
const majority = { writeConcern: { w: 'majority' } } as const;

/** @param now the clock, in milliseconds since the epoch. MongoDB's errors pass through. */
export function createBlobGarbage(db: Db, now: () => number = Date.now) {
  const entries = db.collection<Entry>('blob_garbage', majority);
  const refs = db.collection<BlobRef>('blob_refs', majority);
  const chunks = db.collection<GridFSChunk>('blobs.chunks', majority);
  const files = db.collection<GridFSFile>('blobs.files', majority);
  const at = (ms: number) => new Date(now() + ms);

  const removeBytes = async (file: ObjectId) => {
    await files.deleteOne({ _id: file });
    await chunks.deleteMany({ files_id: file });
  };

  return {
    /** Before the first chunk of an upload. */
    announce: async (file: ObjectId): Promise<void> => {
      await entries.insertOne({ _id: file, dueAt: at(uploadMs) });
    },
    /** Before an upload becomes visible: no sweep may begin on it from now on. */
    renew: async (file: ObjectId): Promise<void> => {
      const found = await entries.updateOne(
        { _id: file, claim: { $exists: false } },
        { $set: { dueAt: at(readerMs) } },
      );
      if (found.matchedCount === 0) throw new Error(`the upload took longer than ${uploadMs} ms and was swept away`);
    },
    /** A blob is about to stop, or has stopped, pointing to `file`: it goes when those who read it now are done. */
    retire: async (file: ObjectId): Promise<void> => {
      await entries.updateOne(
        { _id: file },
        { $set: { dueAt: at(readerMs) }, $unset: { claim: '' } },
        { upsert: true },
      );
    },
    /** A blob points to `file`, unless a newer upload retired it in the meantime: then it stays garbage. */
    forget: async (file: ObjectId): Promise<void> => {
      await entries.deleteOne({ _id: file, publishing: true });
    },
    /** An upload that failed before it could become visible. */
    discard: async (file: ObjectId): Promise<void> => {
      await removeBytes(file);
      await entries.deleteOne({ _id: file });
    },
    /** Removes what is due, at most `limit` files; answers how many went. */
    sweep: async (limit = 100): Promise<number> => {
      const claim = new ObjectId();
      let removed = 0;
      for (let seen = 0; seen < limit; seen++) {
        // A sweep that died leaves its claim behind; the claim is due again after an hour.
        const entry = await entries.findOneAndUpdate(
          { dueAt: { $lte: at(0) } },
          { $set: { claim, dueAt: at(readerMs) } },
          { sort: { dueAt: 1 } },
        );
        if (entry === null) break;
        if ((await refs.findOne({ file: entry._id }, { readConcern: 'majority' })) === null) {
          await removeBytes(entry._id);
          removed += 1;
        }
        // Only while the claim is ours: a blob may have stopped pointing to the file a moment ago.
        await entries.deleteOne({ _id: entry._id, claim });
      }
      return removed;
    },
  };
}
