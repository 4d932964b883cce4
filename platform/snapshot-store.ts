// Lists of jobs as they were, in MongoDB: one document a snapshot, which names the collection that holds its jobs. A collection that no document
// names is nobody's, and is dropped. Whoever builds them (projections), reads them (producer) and drops them (projections) goes by it.
import { randomBytes } from 'node:crypto';
import type { Collection, Db } from 'mongodb';
import { insertNew } from './mongo.ts';

/** What is known once it is built. Offsets are by topic, one for each partition. */
export type SnapshotContent = {
  /** The moment, in milliseconds since the epoch; of a position the time of its record. */
  moment: number;
  jobs: number;
  /** The first record that the log still had. */
  begins: Record<string, number[]>;
  /** The first record that is later. */
  ends: Record<string, number[]>;
};

/** `_id` is that of its job. `content` and `expiresAt` null: it is being built, or whoever built it was killed. */
export type SnapshotDocument = {
  _id: string;
  collection: string;
  /** As it was asked for: a time, or a position. */
  at: string;
  /** Null: of all types. */
  types: readonly string[] | null;
  begunAt: Date;
  content: SnapshotContent | null;
  expiresAt: Date | null;
};

export type ReadySnapshot = SnapshotDocument & { content: SnapshotContent; expiresAt: Date };

/** With that of its dead letters it is a name of a version of the read model, and never that of one that is read or rebuilt. */
const collectionName = /^(jobs_snapshot_[0-9a-f]+)(_dead)?$/;

export const snapshotsIn = (db: Db): Collection<SnapshotDocument> => db.collection('snapshots');

export const isReady = (found: SnapshotDocument): found is ReadySnapshot =>
  found.content !== null && found.expiresAt !== null;

/**
 * Begins one in a collection of its own, in place of an earlier run of the same job, which can no longer end it. Resolves to the one that is
 * there where that run has ended it. @throws what MongoDB says; Error where another run begins at the same time
 */
export async function beginSnapshot(
  db: Db,
  asked: Pick<SnapshotDocument, '_id' | 'at' | 'types'>,
): Promise<SnapshotDocument> {
  const before = await snapshotsIn(db).findOne({ _id: asked._id });
  if (before !== null && isReady(before) && before.expiresAt.getTime() > Date.now()) return before;
  const collection = `jobs_snapshot_${randomBytes(8).toString('hex')}`;
  const begun: SnapshotDocument = { ...asked, collection, begunAt: new Date(), content: null, expiresAt: null };
  const took =
    before === null
      ? (await insertNew(snapshotsIn(db), [begun])).length === 0
      : (await snapshotsIn(db).replaceOne({ _id: asked._id, collection: before.collection }, begun)).matchedCount === 1;
  if (!took) throw takenOver(asked._id);
  return begun;
}

export const takenOver = (id: string): Error => new Error(`another run of the job builds the snapshot ${id}`);

/** From now on it can be read. False: another run of its job has taken its place. It may be repeated. @throws what MongoDB says */
export async function endSnapshot(
  db: Db,
  { _id, collection }: Pick<SnapshotDocument, '_id' | 'collection'>,
  ready: Pick<ReadySnapshot, 'content' | 'expiresAt'>,
): Promise<boolean> {
  return (await snapshotsIn(db).updateOne({ _id, collection }, { $set: ready })).matchedCount === 1;
}

/** Nobody can read it any more, and its collection is nobody's. False: it was not there. @throws what MongoDB says */
export async function removeSnapshot(
  db: Db,
  { _id, collection }: Pick<SnapshotDocument, '_id' | 'collection'>,
): Promise<boolean> {
  return (await snapshotsIn(db).deleteOne({ _id, collection })).deletedCount === 1;
}

/** Collections of snapshots of which anything is there, also checkpoints alone. @throws what MongoDB says */
export async function snapshotCollections(db: Db): Promise<Set<string>> {
  const found = await db.listCollections({ name: collectionName }, { nameOnly: true }).toArray();
  const checkpoints = db.collection<{ _id: string }>('checkpoints');
  const reached = await checkpoints.find({ _id: { $regex: '^jobs_snapshot_' } }, { projection: { _id: 1 } }).toArray();
  const names = [...found.map(({ name }) => name), ...reached.map(({ _id }) => _id.split('/', 1)[0] ?? '')];
  return new Set(names.flatMap((name) => collectionName.exec(name)?.[1] ?? []));
}
