// The keys of subjects, in MongoDB: made when a payload first names one, wrapped by a key of the environment, dropped by `putlog erase`. What
// is kept names no subject: it is found by an HMAC of its name, and by a random id, which is all that the log says of it.
import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { createBriefCache } from './brief-cache.ts';
import { type DataKey, dataKeyOf, newDataKey } from './data-key.ts';
import { type MasterKeys, unwrap, wrap } from './master-keys.ts';

/** `_id` is the HMAC of the subject, in hex, `key` the id of its key; `by` and `wrapped` (base64) as in Wrapped. */
type KeyDocument = { _id: string; key: string; by: string; wrapped: string; createdAt: Date };

/** Makes the HMACs. No subject is called that: theirs are hexadecimal. */
const indexId = 'index';

/** So long (milliseconds) may a process use a key without asking whether it is still there. */
const keyKeptMs = 5_000;
/** MongoDB may take so long for one answer (milliseconds). */
const patience = 10_000;

export type SubjectKeys = ReturnType<typeof createSubjectKeys>;

export type SubjectKeysOptions = { db: Db; masters: MasterKeys; keepMs?: number };

/** @throws what MongoDB says, and MasterKeyError, each of its functions */
export function createSubjectKeys({ db, masters, keepMs = keyKeptMs }: SubjectKeysOptions) {
  const keys = db.collection<KeyDocument>('subject_keys');
  const bySubject = createBriefCache<DataKey>({ keepMs });
  const byId = createBriefCache<DataKey | undefined>({ keepMs });
  const indexes = createBriefCache<Buffer>({ keepMs });

  const secretOf = ({ key, by, wrapped }: KeyDocument) =>
    unwrap(masters, key, { by, wrapped: Buffer.from(wrapped, 'base64') });
  const wrappedBy = (key: string, secret: Buffer) => {
    const { by, wrapped } = wrap(masters, key, secret);
    return { by, wrapped: wrapped.toString('base64') };
  };
  const read = (filter: { _id: string } | { key: string }) =>
    keys.findOne(filter, { signal: AbortSignal.timeout(patience) });

  /** Of two that are made at once the first counts, for both. */
  async function keptOrMade(_id: string): Promise<KeyDocument> {
    const found = await read({ _id });
    if (found !== null) return found;
    const { id: key, secret } = newDataKey();
    const fresh = { key, ...wrappedBy(key, secret), createdAt: new Date() };
    const upsert = { upsert: true, returnDocument: 'after' } as const;
    const kept = await keys.findOneAndUpdate({ _id }, { $setOnInsert: fresh }, upsert);
    if (kept === null) throw new Error('an upsert gave nothing');
    return kept;
  }

  /** Not for longer than a key: a MongoDB that was dropped has another one. */
  const indexSecret = () => indexes(indexId, async () => secretOf(await keptOrMade(indexId)));

  async function idOf(subject: string): Promise<string> {
    return createHmac('sha256', await indexSecret())
      .update(subject)
      .digest('hex');
  }

  const keyIn = (document: KeyDocument) => dataKeyOf(document.key, secretOf(document));

  return {
    /** To be done once by whoever looks keys up by their ids. @throws MasterKeyError where those of the environment are others */
    async prepare(): Promise<void> {
      await keys.createIndex({ key: 1 }, { unique: true });
      await indexSecret();
    },

    /** The key of a subject, which is made where there is none. */
    of: (subject: string): Promise<DataKey> =>
      bySubject(subject, async () => keyIn(await keptOrMade(await idOf(subject)))),

    /** Undefined: its subject was erased. */
    byId: (id: string): Promise<DataKey | undefined> =>
      byId(id, async () => {
        const found = await read({ key: id });
        return found === null ? undefined : keyIn(found);
      }),

    /** Drops the key of a subject; resolves once no process uses it any more. False: there was none. */
    async erase(subject: string): Promise<boolean> {
      const { deletedCount } = await keys.deleteOne({ _id: await idOf(subject) });
      // Who was told of it before may have kept it until now.
      await delay(keepMs);
      return deletedCount > 0;
    },

    /** Wraps with the first key of the environment what was wrapped with others. Resolves to how many there were. */
    async rewrap(): Promise<number> {
      let count = 0;
      for await (const document of keys.find({ by: { $ne: masters[0].id } })) {
        const { _id, key, by } = document;
        const { modifiedCount } = await keys.updateOne({ _id, key, by }, { $set: wrappedBy(key, secretOf(document)) });
        count += modifiedCount;
      }
      return count;
    },
  };
}
