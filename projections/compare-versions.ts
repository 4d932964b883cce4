// Compares two versions of the read model document by document. Both are being written meanwhile: what differs is looked at again once
// both have all that was in the log after the difference was seen, and counts only if it is still there. rebuild and verify call it.
import type { Collection, Db } from 'mongodb';
import type { ReadModel } from '../platform/read-model.ts';
import { type Difference, differenceOf, isSame, isSettled, type Kept, type Pair } from './difference.ts';
import type { Limits } from './feeder.ts';

/** `compared` documents; `unsettled`: so many changed each time they were looked at. `differences` in the order of their names. */
export type Comparison = { compared: number; differences: Difference[]; unsettled: number; all: boolean };

export type CompareOptions = {
  db: Db;
  /** Names of versions. */
  live: ReadModel['name'];
  built: ReadModel['name'];
  eventsTopic: string;
  /** First offsets that the log has. */
  starts: Limits;
  /** Resolves, once both versions have all before them, to offsets that were there when it was called. */
  settle: () => Promise<Limits>;
  /** Now and then, while all are compared. */
  told: (compared: number) => void;
};

/** How often what moves is looked at again. */
const rounds = 20;
const perRoundTrip = 500;
const tellEvery = 5_000;
const sampleSize = 2_000;
/** What was accepted before then is over, mostly, and can be counted (milliseconds). */
const quietFor = 60_000;

type Collections = { live: Collection<Kept>; built: Collection<Kept>; nameOf: (id: string) => string };

/** MongoDB orders text by its bytes. */
const isBefore = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

/** Every document of both, side by side in the order of `_id`. */
async function* sideBySide({ live, built }: Collections): AsyncGenerator<Pair> {
  const open = (of: Collection<Kept>) => of.find({}, { batchSize: 1_000 }).sort({ _id: 1 });
  const [lives, builts] = [open(live), open(built)];
  const nextOf = async (cursor: ReturnType<typeof open>) => (await cursor.next()) ?? undefined;
  try {
    let [a, b] = await Promise.all([nextOf(lives), nextOf(builts)]);
    while (a !== undefined || b !== undefined) {
      const both = a?._id === b?._id;
      const takesA = a !== undefined && (both || b === undefined || isBefore(a._id, b._id));
      const takesB = b !== undefined && (both || !takesA);
      yield { live: takesA ? a : undefined, built: takesB ? b : undefined };
      if (takesA) a = await nextOf(lives);
      if (takesB) b = await nextOf(builts);
    }
  } finally {
    await Promise.all([lives.close(), builts.close()]);
  }
}

async function pairsOf({ live, built }: Collections, ids: readonly string[]): Promise<Map<string, Pair>> {
  const filter = { _id: { $in: [...ids] } };
  const found = await Promise.all([live.find(filter).toArray(), built.find(filter).toArray()]);
  const [lives, builts] = found.map((list) => new Map(list.map((one) => [one._id, one])));
  return new Map(ids.map((id) => [id, { live: lives?.get(id), built: builts?.get(id) }]));
}

export function createCompare(options: CompareOptions) {
  const { db, eventsTopic, starts, settle, told } = options;
  const of = (suffix: string, nameOf: Collections['nameOf']): Collections => ({
    live: db.collection<Kept>(options.live + suffix),
    built: db.collection<Kept>(options.built + suffix),
    nameOf,
  });
  const jobs = of('', (id) => id);
  const deadLetters = of('_dead', (id) => `the dead letter at ${id}`);

  /** Those of these that still differ when nothing is on its way to them any more. */
  async function settled(collections: Collections, unlike: readonly string[]) {
    const differences: Difference[] = [];
    let open = [...unlike];
    for (let round = 0; open.length > 0 && round < rounds; round++) {
      const limits = await settle();
      const moving: string[] = [];
      for (let at = 0; at < open.length; at += perRoundTrip)
        for (const [id, pair] of await pairsOf(collections, open.slice(at, at + perRoundTrip))) {
          if (isSame(pair)) continue;
          if (!isSettled(pair, eventsTopic, limits)) moving.push(id);
          else {
            const what = collections.nameOf(id);
            const found = differenceOf(pair, { what, eventsTopic, starts, now: Date.now() });
            if (found !== undefined) differences.push(found);
          }
        }
      open = moving;
    }
    return { differences, unsettled: open.length };
  }

  async function whole(collections: Collections): Promise<Comparison> {
    const unlike: string[] = [];
    let compared = 0;
    for await (const pair of sideBySide(collections)) {
      compared++;
      if (compared % tellEvery === 0) told(compared);
      const id = pair.live?._id ?? pair.built?._id;
      if (id !== undefined && !isSame(pair)) unlike.push(id);
    }
    return { compared, all: true, ...(await settled(collections, unlike)) };
  }

  /** Of those that were accepted a while ago, how many are in which state. */
  async function counts(collection: Collection<Kept>, before: number): Promise<string> {
    const stages = [{ $match: { createdAt: { $lt: before } } }, { $group: { _id: '$state', count: { $sum: 1 } } }];
    const found = await collection
      .aggregate<{ _id: string; count: number }>([...stages, { $sort: { _id: 1 } }])
      .toArray();
    return found.map(({ _id, count }) => `${_id} ${count}`).join(', ');
  }

  /** Undefined: the counts differ, and only a look at all of them can tell why. */
  async function sampled(): Promise<Comparison | undefined> {
    const before = Date.now() - quietFor;
    const [live, built] = await Promise.all([counts(jobs.live, before), counts(jobs.built, before)]);
    if (live !== built) return undefined;
    const idsIn = (collection: Collection<Kept>) =>
      collection.aggregate<Kept>([{ $sample: { size: sampleSize } }, { $project: { _id: 1 } }]).toArray();
    const found = await Promise.all([idsIn(jobs.live), idsIn(jobs.built)]);
    const ids = [...new Set(found.flat().map(({ _id }) => _id))];
    const unlike: string[] = [];
    for (let at = 0; at < ids.length; at += perRoundTrip)
      for (const [id, pair] of await pairsOf(jobs, ids.slice(at, at + perRoundTrip)))
        if (!isSame(pair)) unlike.push(id);
    return { compared: ids.length, all: false, ...(await settled(jobs, unlike)) };
  }

  async function all(): Promise<Comparison> {
    const [ofJobs, ofDead] = [await whole(jobs), await whole(deadLetters)];
    return {
      compared: ofJobs.compared + ofDead.compared,
      all: true,
      differences: [...ofJobs.differences, ...ofDead.differences],
      unsettled: ofJobs.unsettled + ofDead.unsettled,
    };
  }

  return {
    /** Jobs and dead letters. @throws what MongoDB says, or `settle` */
    all,
    /** How many are in which state, and some jobs; all where that does not add up. @throws as `all` */
    some: async (): Promise<Comparison> => (await sampled()) ?? all(),
  };
}
