// Timers: runs that were put off, kept in MongoDB until they are due. The log has each of them as well (`scheduled` and
// `retrying` events), and a new owner of a partition keeps what is not kept yet. Written by the owner of the partition that a
// run belongs to, and read by it; to keep or to fire one twice does no harm, for a run is claimed.
import type { Db, Filter } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { insertSmall } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import type { Cancelled, Cancels } from './cancels.ts';
import { fitting } from './fitting.ts';

/**
 * `id` is the position of the command that was put off, `place` its topic and partition, `dueAt` in milliseconds since the
 * epoch, `value` the record of the command that runs it, `name` (`<type>/<id>`), `generation` and `attempt` what it is called,
 * `submittedAt` when its job came in.
 */
export type Timer = {
  id: string;
  place: string;
  dueAt: number;
  key: string;
  value: Buffer;
  name: string;
  generation: number;
  attempt: number;
  submittedAt: number;
  traceparent: string | undefined;
};

type TimerDocument = Omit<Timer, 'id' | 'traceparent'> & { _id: string; traceparent: string | null };

/** `_id` is a place of which every timer that its events tell of is kept, or has been. */
type PlaceDocument = { _id: string };

type Waiting = { timer: Timer; resolve: () => void; reject: (error: unknown) => void };

export type Timers = ReturnType<typeof createTimers>;

/** For one round trip: records and bytes. MongoDB takes 16 MiB at most. */
const most = { timers: 2_000, bytes: 4 * 2 ** 20 };

export async function prepareTimers(db: Db) {
  await db.collection('timers').createIndexes([{ key: { place: 1, dueAt: 1, _id: 1 } }, { key: { name: 1 } }]);
}

export type TimersOptions = {
  db: Db;
  cancels: Pick<Cancels, 'hasRun'>;
  log: Logger;
  fatal: (error: unknown) => void;
};

export function createTimers({ db, cancels, log, fatal }: TimersOptions) {
  const collection = db.collection<TimerDocument>('timers');
  const places = db.collection<PlaceDocument>('timer_places');
  let waiting: Waiting[] = [];
  let working = false;
  let closed = false;
  let kept: (dueAt: number) => void = () => undefined;
  const givenUp = () => closed;

  async function work() {
    while (waiting.length > 0 && !closed) {
      const first = waiting.slice(0, most.timers);
      const batch = first.slice(
        0,
        fitting(first, ({ timer }) => timer.value.length, most.bytes),
      );
      const documents = batch.map(({ timer }) => documentOf(timer));
      await persist(() => insertSmall(db, collection.collectionName, documents), { log, what: 'keep timers', givenUp });
      waiting = waiting.slice(batch.length);
      await hastenKept(batch.filter(({ timer }) => cancels.hasRun(timer)).map(({ timer }) => timer.id));
      for (const { timer, resolve } of batch) {
        resolve();
        kept(timer.dueAt);
      }
    }
    working = false;
  }

  async function dueNow(filter: Filter<TimerDocument>): Promise<void> {
    const update = () => collection.updateMany(filter, { $min: { dueAt: Date.now() } });
    await persist(update, { log, what: 'hasten timers', givenUp });
  }

  /** What is cancelled before it is kept is not among what is there to be hastened: it is looked at afterwards, too. */
  async function hastenKept(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await dueNow({ _id: { $in: [...ids] } });
  }

  /** One that was kept by an earlier version does not say when its job came in. */
  async function hasten(cancelled: readonly Cancelled[]): Promise<void> {
    if (cancelled.length === 0) return;
    await dueNow({
      $or: cancelled.map(({ name, generation, until }) => ({
        ...{ name, generation: { $lte: generation }, submittedAt: { $not: { $gt: until } } },
      })),
    });
  }

  return {
    /** Resolves once it is kept; waits while MongoDB is away. */
    keep: (timer: Timer): Promise<void> =>
      new Promise((resolve, reject) => {
        waiting.push({ timer, resolve, reject });
        if (working) return;
        working = true;
        setImmediate(() => work().catch((error) => closed || fatal(error)));
      }),

    /** Told of each one that is kept from now on, when it is due. */
    onKept(told: (dueAt: number) => void) {
      kept = told;
    },

    /** The first of those that are due at `now`, or the first behind another one; empty: there are none. @throws what MongoDB says */
    async due(at: readonly string[], now: number, behind?: Pick<Timer, 'dueAt' | 'id'>): Promise<Timer[]> {
      const found: Timer[] = [];
      let bytes = 0;
      const filter = {
        place: { $in: [...at] },
        dueAt: { $lte: now, ...(behind && { $gte: behind.dueAt }) },
        ...(behind && { $or: [{ dueAt: { $gt: behind.dueAt } }, { _id: { $gt: behind.id } }] }),
      };
      for await (const document of collection
        .find(filter, { promoteBuffers: true, batchSize: most.timers })
        .sort({ dueAt: 1, _id: 1 })
        .limit(most.timers)) {
        const timer = timerOf(document);
        found.push(timer);
        bytes += timer.value.length;
        if (bytes > most.bytes) break;
      }
      return found;
    },

    /** When the next one is due; undefined: there is none. @throws what MongoDB says */
    async next(at: readonly string[]): Promise<number | undefined> {
      const filter = { place: { $in: [...at] } };
      const first = await collection.findOne(filter, { sort: { dueAt: 1 }, projection: { dueAt: 1 } });
      return first?.dueAt;
    },

    /** What these cancels are about is due now. Waits while MongoDB is away. */
    hasten,

    /** They were fired. @throws what MongoDB says; then they are fired once more */
    async forget(timers: readonly Timer[]): Promise<void> {
      await collection.deleteMany({ _id: { $in: timers.map(({ id }) => id) } });
    },

    /** False: of this place the log must be read from its beginning. @throws what MongoDB says */
    hasPlace: async (place: string): Promise<boolean> => (await places.findOne({ _id: place })) !== null,
    /** @throws what MongoDB says */
    async addPlace(place: string): Promise<void> {
      await places.updateOne({ _id: place }, { $setOnInsert: { _id: place } }, { upsert: true });
    },

    close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(new Error('the worker stops'));
    },
  };
}

const documentOf = ({ id, traceparent, ...rest }: Timer): TimerDocument => {
  return { _id: id, ...rest, traceparent: traceparent ?? null };
};

const timerOf = ({ _id: id, traceparent, ...rest }: TimerDocument): Timer => {
  return { id, ...rest, traceparent: traceparent ?? undefined };
};
