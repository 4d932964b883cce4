// MongoDB: one client a process, every write acknowledged by a majority. Only platform/ imports the driver at run time.
import {
  type ClientSession,
  type Collection,
  type Db,
  type Document,
  MongoBulkWriteError,
  MongoClient,
  MongoServerError,
  type OptionalUnlessRequiredId,
} from 'mongodb';
import './mongodb-drain.ts';

/**
 * Times in milliseconds. A server that is away is reported after `selectionTimeoutMs`, not after the driver's 30 s. One answer may take
 * `socketTimeoutMs`.
 */
export function createMongo(
  uri: string,
  { maxPoolSize = 10, selectionTimeoutMs = 2_000, socketTimeoutMs = 15_000 } = {},
) {
  const client = new MongoClient(uri, {
    maxPoolSize,
    serverSelectionTimeoutMS: selectionTimeoutMs,
    connectTimeoutMS: 3_000,
    socketTimeoutMS: socketTimeoutMs,
    heartbeatFrequencyMS: 1_000,
    // Every write here may be repeated and is, by its caller: a session per write would double its cost.
    retryWrites: false,
    retryReads: true,
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
    promoteLongs: true,
  });
  // Where the first connection cannot be made the driver keeps its closed topology, and says "Topology is closed" for ever.
  // Without one the next operation connects anew.
  client.on('topologyClosed', () => Object.assign(client, { topology: undefined }));
  const db: Db = client.db();
  return {
    db,
    ping: async () => void (await db.command({ ping: 1 })),
    close: () => client.close(),
  };
}

/** E11000: a document with this _id or unique key is there already. */
const duplicateKey = 11_000;

/**
 * Inserts all that is new in one round trip, in any order. Resolves to the indexes of the documents whose key was there
 * already. @throws whatever else MongoDB says; then some of the documents may be in.
 */
export async function insertNew<T extends Document>(
  collection: Collection<T>,
  documents: OptionalUnlessRequiredId<T>[],
): Promise<number[]> {
  try {
    if (documents.length > 0) await collection.insertMany(documents, { ordered: false });
    return [];
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const failed = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    if (failed.length === 0 || failed.some(({ code }) => code !== duplicateKey)) throw error;
    if (error.result.getWriteConcernError() !== undefined) throw error;
    return failed.map(({ index }) => index);
  }
}

/**
 * Like `insertNew`, in one plain command: two thirds of what the driver's bulk write costs this process. All documents
 * together must fit into 16 MiB.
 */
export async function insertSmall(db: Db, collection: string, documents: readonly Document[]): Promise<number[]> {
  const command = { insert: collection, documents, ordered: false, writeConcern: { w: 'majority' } };
  const answer = await db.command(command);
  const failed: readonly { index: number; code: number }[] = answer.writeErrors ?? [];
  throwUnless(answer, ({ code }) => code === duplicateKey);
  return failed.map(({ index }) => index);
}

/**
 * Updates one document each, in any order, in one plain command of at most 16 MiB. Resolves to how many were found, or made by `upsert`.
 * @throws what MongoDB says; then some may be updated.
 */
export async function updateSmall(
  db: Db,
  collection: string,
  updates: readonly { q: Document; u: Document; upsert?: true }[],
): Promise<number> {
  const command = { update: collection, updates, ordered: false, writeConcern: { w: 'majority' } };
  const answer = await db.command(command);
  throwUnless(answer, () => false);
  return answer.n;
}

function throwUnless(answer: Document, expected: (error: { code: number }) => boolean): void {
  const failed: readonly { code: number }[] = answer.writeErrors ?? [];
  const other = failed.find((error) => !expected(error));
  if (answer.writeConcernError !== undefined || other !== undefined)
    throw new MongoServerError({ ...(answer.writeConcernError ?? other) });
}

/** IndexNotFound: it is gone already. */
const indexNotFound = 27;

/** Drops those of these names that are there. @throws what else MongoDB says */
export async function dropIndexes<T extends Document>(
  collection: Collection<T>,
  names: readonly string[],
): Promise<void> {
  for (const name of names)
    await collection.dropIndex(name).catch((error) => {
      if (!(error instanceof MongoServerError) || error.code !== indexNotFound) throw error;
    });
}

/**
 * All that `work` does with the session happens, or nothing; it may be called again where another transaction was in the way. What was read
 * in it is of one moment. @throws what `work` or MongoDB says; then it is not known whether a commit whose answer was lost has happened
 */
export async function transact<T>(db: Db, work: (session: ClientSession) => Promise<T>): Promise<T> {
  const session = db.client.startSession();
  try {
    return await session.withTransaction(work, {
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority' },
      readPreference: 'primary',
    });
  } finally {
    await session.endSession();
  }
}

/** What a server says of an update that no repetition will make possible: names and values of fields that it does not take. */
const impossibleUpdates = [2, 9, 14, 16, 28, 40, 52, 56, 57, 10_334, 17_280, 17_419];

export const isImpossibleUpdate = (error: unknown): boolean =>
  error instanceof MongoServerError && typeof error.code === 'number' && impossibleUpdates.includes(error.code);
