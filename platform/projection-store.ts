// Where a projection keeps its documents, and beside them how far into the log they go: both change in one transaction or not at all, and
// only from what was there. The projector writes by it, the api and the command line read, and a reset takes both back at once.
import type { Collection, Db } from 'mongodb';
import type { ProjectionDefinition } from '../schemas/define-projection.ts';
import { transact } from './mongo.ts';

/** A document as it is kept: whatever its projection says, under its id. */
type KeptDocument = { _id: string };

/** `_id` is `<projection>/<topic>/<partition>`, `next` the first offset that is not in the documents yet. */
export type ProjectionCheckpoint = { _id: string; projection: string; topic: string; partition: number; next: number };

export type Place = Pick<ProjectionCheckpoint, 'topic' | 'partition'>;

/** What one flush changes of a document, in MongoDB's own operators; each has a field at least. */
export type DocumentUpdate = { id: string; update: Readonly<Record<string, Readonly<Record<string, unknown>>>> };

/** A step of the checkpoint of a partition. */
export type Move = Place & { from: number; next: number };

export type ProjectionStore = ReturnType<typeof projectionStore>;

const checkpointId = (name: string, { topic, partition }: Place) => `${name}/${topic}/${partition}`;

/** Name of the collection that has the documents of a projection. */
export const projectionCollection = (name: string): string => `projection_${name}`;

const documentsOf = (db: Db, name: string): Collection<KeptDocument> =>
  db.collection<KeptDocument>(projectionCollection(name));

const checkpointsOf = (db: Db) => db.collection<ProjectionCheckpoint>('projection_checkpoints');

/** Thrown inside of a transaction, so that nothing of it happens. */
class NotWhereItWas extends Error {}

/** Without asking MongoDB for anything. */
export function projectionStore(db: Db, { name, indexes }: Pick<ProjectionDefinition, 'name' | 'indexes'>) {
  const documents = documentsOf(db, name);
  const checkpoints = checkpointsOf(db);

  return {
    /** Makes the collection and its indexes. @throws what MongoDB says */
    async prepare(): Promise<void> {
      await documents.createIndexes([
        { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
        ...indexes.map((key) => ({ key: { ...key } })),
      ]);
      await checkpoints.createIndex({ projection: 1 });
    },

    /** Partition → where it goes on; makes a checkpoint of 0 where there is none, so that a flush always moves one that is there. */
    async begin(places: readonly Place[]): Promise<ProjectionCheckpoint[]> {
      if (places.length === 0) return [];
      const ids = places.map((place) => checkpointId(name, place));
      const upserts = places.map(({ topic, partition }, i) => ({
        updateOne: {
          filter: { _id: ids[i] ?? '' },
          update: { $setOnInsert: { projection: name, topic, partition, next: 0 } },
          upsert: true,
        },
      }));
      await checkpoints.bulkWrite(upserts, { ordered: false });
      return checkpoints.find({ _id: { $in: ids } }).toArray();
    },

    /** As they are now. @throws what MongoDB says */
    checkpoints: (): Promise<ProjectionCheckpoint[]> => checkpoints.find({ projection: name }).toArray(),

    /**
     * The documents change and every checkpoint moves, or nothing happens. False: a checkpoint is not where it was, because somebody else has
     * kept these records, or all was reset. @throws what MongoDB says; asking again is harmless, the checkpoints tell whether it was in
     */
    async keep(updates: readonly DocumentUpdate[], moves: readonly Move[]): Promise<boolean> {
      const steps = moves.map((move) => ({
        updateOne: {
          filter: { _id: checkpointId(name, move), next: move.from },
          update: { $set: { next: move.next } },
        },
      }));
      const changes = updates.map(({ id, update }) => ({
        updateOne: { filter: { _id: id }, update: { ...update }, upsert: true },
      }));
      try {
        await transact(db, async (session) => {
          if ((await checkpoints.bulkWrite(steps, { session, ordered: false })).matchedCount < steps.length)
            throw new NotWhereItWas('a checkpoint has moved');
          if (changes.length > 0) await documents.bulkWrite(changes, { session, ordered: false });
        });
        return true;
      } catch (error) {
        if (error instanceof NotWhereItWas) return false;
        throw error;
      }
    },
  };
}

/** What is kept of a projection: how many documents, and how far each partition is. */
export type KeptProjection = { name: string; documents: number; checkpoints: ProjectionCheckpoint[] };

/** All that a projector has ever begun with, by name. @throws what MongoDB says */
export async function keptProjections(db: Db): Promise<KeptProjection[]> {
  const all = await checkpointsOf(db).find().sort({ projection: 1, topic: 1, partition: 1 }).toArray();
  const byName = [...Map.groupBy(all, ({ projection }) => projection)];
  return Promise.all(
    byName.map(async ([name, checkpoints]) => {
      const documents = await documentsOf(db, name).countDocuments();
      return { name, documents, checkpoints };
    }),
  );
}

/**
 * Takes the documents away and sets every checkpoint back to 0 in one transaction: the projector begins with the first record, within seconds,
 * and until then everybody sees how much there is to read. Resolves to how many documents there were; undefined: no such projection.
 * @throws what MongoDB says, also of too many documents for a transaction
 */
export function resetProjection(db: Db, name: string): Promise<number | undefined> {
  return transact(db, async (session) => {
    const { matchedCount } = await checkpointsOf(db).updateMany(
      { projection: name },
      { $set: { next: 0 } },
      { session },
    );
    if (matchedCount === 0) return undefined;
    return (await documentsOf(db, name).deleteMany({}, { session })).deletedCount;
  });
}
