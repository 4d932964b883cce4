// Which version of the read model is read and which are written: one document of MongoDB, changed by compare-and-set alone. Readers and
// projectors follow it (follow-read-model.ts), a rebuild changes it (projections/switch-version.ts).
import { isDeepStrictEqual } from 'node:util';
import type { Collection, Db } from 'mongodb';

/** Names are those of the collections of job status. */
export type Alias = {
  /** Grows by one with each change; 0: never changed. */
  readonly epoch: number;
  /** What is read. */
  readonly current: string;
  /** Where it is given, look-ups read it as well, and the greater document counts. */
  readonly also?: string;
  /** What projectors write, one after the other, in this order. */
  readonly feeds: readonly string[];
  /** What was read before, is still written, and can be read again … */
  readonly previous?: string;
  /** … until then (milliseconds since the epoch). */
  readonly keepUntil?: number;
};

/**
 * Milliseconds. A reader or writer goes by no alias that it asked for longer than a lease before it began. So `settleMs` after a change
 * everything that begins goes by it, or by a later one; the difference is for clocks that run at different speeds.
 */
export const aliasTimes = { leaseMs: 250, pollMs: 100, settleMs: 300 };

const firstAlias: Alias = { epoch: 0, current: 'jobs_v1', feeds: ['jobs_v1'] };

type AliasDocument = { _id: string; current: string } & Partial<Alias>;

const aliasesIn = (db: Db): Collection<AliasDocument> => db.collection('read_models');

const aliasOf = ({ _id, ...found }: AliasDocument): Alias => ({ epoch: 0, feeds: [found.current], ...found });

/** What is so where nobody has said anything yet, too. @throws what MongoDB says */
export async function readAlias(db: Db, signal?: AbortSignal): Promise<Alias> {
  const found = await aliasesIn(db).findOne({ _id: 'jobs' }, signal === undefined ? {} : { signal });
  return found === null ? firstAlias : aliasOf(found);
}

/** As `readAlias`, and from then on the document is there. @throws what MongoDB says */
export async function makeAlias(db: Db): Promise<Alias> {
  const { current, feeds, epoch } = firstAlias;
  const made = await aliasesIn(db).findOneAndUpdate(
    { _id: 'jobs' },
    { $setOnInsert: { current, feeds: [...feeds], epoch } },
    { upsert: true, returnDocument: 'after' },
  );
  return made === null ? firstAlias : aliasOf(made);
}

/**
 * Makes `to` of `from`, unless somebody has changed it since: then undefined. It may be repeated after an answer that was lost.
 * @throws what MongoDB says
 */
export async function changeAlias(db: Db, from: Alias, to: Omit<Alias, 'epoch'>): Promise<Alias | undefined> {
  const next: Alias = { ...to, epoch: from.epoch + 1 };
  // Documents of the first versions have no epoch.
  const epoch = from.epoch === 0 ? { epoch: { $in: [0, null] } } : { epoch: from.epoch };
  const filter: object = { _id: 'jobs', ...epoch };
  const { matchedCount } = await aliasesIn(db).replaceOne(filter, { ...next, feeds: [...next.feeds] });
  if (matchedCount === 1) return next;
  const found = await readAlias(db);
  return isDeepStrictEqual(found, next) ? found : undefined;
}

/** Every version that somebody may read or write. */
export const namedBy = ({ current, also, feeds, previous }: Alias): ReadonlySet<string> =>
  new Set([current, also, previous, ...feeds].filter((name) => name !== undefined));
