// Where fewer jobs of a type may run at once than its queue has partitions, the workers take turns: each of the places is a document
// of MongoDB that a worker leases, and gives back when it has nothing to run or has had its turn. A worker that dies loses its leases
// by time. Called by the admission of a worker.
import type { Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { insertSmall } from '../platform/mongo.ts';

/** `_id` is `<type>/<place>`; free from `until` on, by MongoDB's clock. */
type LeaseDocument = { _id: string; type: string; place: number; owner: string; until: Date };

/** One of the places of a type, ours until it is given back. */
export type Lease = { readonly place: number };

type Held = Lease & { busy: boolean; since: number; renewedAt: number };

/** At most `limit` may run; this worker could use `count` of them now. */
type Want = { limit: number; count: number };

export type LimitLeases = ReturnType<typeof createLimitLeases>;

/** Milliseconds. A worker that is away from MongoDB for longer than a lease may run beside the one that has it next. */
const leaseMs = 15_000;
const renewAfter = leaseMs / 3;
const turnMs = 5_000;
const restMs = 400;
const tickMs = 100;

export type LimitLeasesOptions = {
  db: Db;
  /** Unique to this worker. */
  owner: string;
  log: Logger;
  /** A lease has come: something may begin. */
  come: () => void;
};

export function createLimitLeases({ db, owner, log, come }: LimitLeasesOptions) {
  const collection = db.collection<LeaseDocument>('limits');
  const held = new Map<string, Held[]>();
  const wants = new Map<string, Want>();
  const restUntil = new Map<string, number>();
  const made = new Map<string, number>();
  let working: Promise<void> | undefined;
  let closed = false;

  const of = (type: string) => held.get(type) ?? [];
  const isFresh = ({ since }: Held, now: number) => now - since < turnMs;
  const until = { $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: leaseMs } };

  async function makePlaces(type: string, limit: number) {
    if ((made.get(type) ?? 0) >= limit) return;
    const free = { type, owner: '', until: new Date(0) };
    const places = Array.from({ length: limit }, (_, place) => ({ _id: `${type}/${place}`, place, ...free }));
    await insertSmall(db, collection.collectionName, places);
    made.set(type, limit);
  }

  async function acquire(type: string, { limit }: Want, now: number) {
    await makePlaces(type, limit);
    const free = { type, place: { $lt: limit }, $expr: { $lte: ['$until', '$$NOW'] } };
    const found = await collection.findOneAndUpdate(free, [{ $set: { owner, until } }]);
    if (found === null) return;
    held.set(type, [...of(type), { place: found.place, busy: false, since: now, renewedAt: now }]);
    come();
  }

  async function giveBack(type: string, leases: readonly Held[]) {
    if (leases.length === 0) return;
    held.set(
      type,
      of(type).filter((lease) => !leases.includes(lease)),
    );
    restUntil.set(type, performance.now() + restMs * (0.5 + Math.random()));
    const ids = leases.map(({ place }) => `${type}/${place}`);
    await collection.updateMany({ _id: { $in: ids }, owner }, { $set: { owner: '', until: new Date(0) } });
  }

  async function renew(type: string, lease: Held, now: number) {
    const { matchedCount } = await collection.updateOne({ _id: `${type}/${lease.place}`, owner }, [
      { $set: { until } },
    ]);
    if (matchedCount === 1) lease.renewedAt = now;
    // It ended by time, and is another's: what runs under it runs on, nothing else begins under it.
    else
      held.set(
        type,
        of(type).filter((one) => one !== lease),
      );
  }

  async function look(type: string, now: number) {
    const want = wants.get(type) ?? { limit: 0, count: 0 };
    const isOver = (lease: Held) => want.count === 0 || lease.place >= want.limit || !isFresh(lease, now);
    await giveBack(
      type,
      of(type).filter((lease) => !lease.busy && isOver(lease)),
    );
    for (const lease of of(type)) if (now - lease.renewedAt >= renewAfter) await renew(type, lease, now);
    const idle = of(type).filter(({ busy }) => !busy).length;
    if (want.count > idle && of(type).length < want.limit && now >= (restUntil.get(type) ?? 0))
      await acquire(type, want, now);
  }

  const timer = setInterval(() => {
    if (working !== undefined || closed) return;
    const types = new Set([...wants.keys(), ...held.keys()]);
    working = Promise.all([...types].map((type) => look(type, performance.now())))
      .then(() => undefined)
      .catch((error: unknown) =>
        log.warn({ err: error }, 'leases of limits cannot be looked after; jobs of these types wait'),
      )
      .finally(() => {
        working = undefined;
      });
  }, tickMs);

  return {
    /** Told often: how many of the `limit` places could be used here beside those that are. */
    want(type: string, limit: number, count: number) {
      if (count > 0) wants.set(type, { limit, count });
      else wants.delete(type);
    },
    /** A place for one job; undefined: none is free here. */
    take(type: string, limit: number): Lease | undefined {
      const now = performance.now();
      const lease = of(type).find((one) => !one.busy && one.place < limit && isFresh(one, now));
      if (lease !== undefined) lease.busy = true;
      return lease;
    },
    /** The job is over. */
    give(type: string, lease: Lease) {
      const own = of(type).find((one) => one === lease);
      if (own !== undefined) own.busy = false;
    },
    /** Gives everything back, also what is in use: nothing of it runs here any more. */
    async close(): Promise<void> {
      closed = true;
      clearInterval(timer);
      await working;
      try {
        await Promise.all([...held].map(([type, leases]) => giveBack(type, leases)));
      } catch (error) {
        log.warn({ err: error, ms: leaseMs }, 'leases of limits could not be given back; they end by time');
      }
    },
  };
}
