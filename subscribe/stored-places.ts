// How far each partition is, in the subscriber's own MongoDB, beside what its handler writes. Whoever takes a partition over raises its
// epoch; a transaction that carries an older one is refused. exactly-once.ts asks it. It speaks through the caller's own driver.
// https://www.mongodb.com/docs/manual/core/transactions/
import type { Binary, ClientSession, Collection, Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';

/** `_id` is `<group>/<topic>/<partition>`, `next` the first offset that is not done. */
type PlaceDocument = {
  _id: string;
  next: number;
  /** Counts owners. */
  epoch: number;
  /** Id of the session in which the owner writes. */
  session: Binary;
  at: Date;
};

export type StoredPlaces = ReturnType<typeof createStoredPlaces>;

/** No answer of MongoDB to a takeover takes longer (milliseconds): a transaction that nobody ends would be waited for. */
const maxTimeMS = 5_000;

export function createStoredPlaces(db: Db, name: string, log: Logger) {
  const places: Collection<PlaceDocument> = db.collection(name);

  const find = (id: string) =>
    places.findOne({ _id: id }, { readConcern: { level: 'majority' }, readPreference: 'primary' });

  /** A process that was killed leaves its transaction open, and whatever it has written locked for a minute: it is ended here. */
  async function endSession(session: Binary): Promise<void> {
    try {
      await db.command({ killSessions: [{ id: session }] });
    } catch (error) {
      log.warn(
        { err: error },
        'the transaction of an earlier owner cannot be ended: it ends by itself within a minute',
      );
    }
  }

  return {
    find,

    /**
     * From now on it is this session's, and what any earlier owner does is refused.
     * @param first asked where nothing is stored yet. @throws what MongoDB says; it may be tried again
     */
    async takeOver(id: string, session: ClientSession, first: () => Promise<number>) {
      const before = await find(id);
      if (before !== null) await endSession(before.session);
      const start = before === null ? { $setOnInsert: { next: await first() } } : {};
      const lsid = session.id?.id;
      if (lsid === undefined) throw new Error('the session has ended');
      const mine = await places.findOneAndUpdate(
        { _id: id },
        { $inc: { epoch: 1 }, $set: { session: lsid, at: new Date() }, ...start },
        { upsert: before === null, returnDocument: 'after', writeConcern: { w: 'majority' }, maxTimeMS },
      );
      if (mine === null) throw new Error(`the place of ${id} was there, and is gone`);
      return { next: mine.next, epoch: mine.epoch };
    },

    /** By compare-and-set. False: it is not where it should be, or somebody else's. */
    async move(id: string, epoch: number, from: number, to: number, session?: ClientSession): Promise<boolean> {
      const found = await places.updateOne(
        { _id: id, epoch, next: from },
        { $set: { next: to, at: new Date() } },
        session === undefined ? { writeConcern: { w: 'majority' } } : { session },
      );
      return found.matchedCount === 1;
    },
  };
}
