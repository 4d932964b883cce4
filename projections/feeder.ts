// Folds the log into one version of the read model, from its own checkpoints up to given offsets: fast, in bounded memory, and any number of
// times, so that whoever was killed goes on where it was. Without a consumer group: nobody else notices. rebuild, verify and inspect
// call it.
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { type ReadModel, readCheckpoints } from '../platform/read-model.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { createFlusher } from './flusher.ts';
import { createFold } from './fold.ts';
import type { HistoryLog } from './history-log.ts';
import { readInStep, type Stretch } from './read-in-step.ts';
import { createSpeed } from './speed.ts';

/** Topic → by partition, the first offset that is not to be read. */
export type Limits = ReadonlyMap<string, readonly number[]>;

/** Records; `perSecond` of the last seconds. */
export type FeedProgress = { read: number; of: number; perSecond: number };

export type FeederOptions = {
  history: HistoryLog;
  model: ReadModel;
  log: Logger;
  retentionOf: (type: string) => number | undefined;
  /** Only records of which this is true are folded; unless told: all. */
  accepts?: (topic: string, partition: number, record: FetchedRecord) => boolean;
  /** Only these jobs are kept, and no dead letters; unless told: all. */
  keeps?: (job: JobDocument) => boolean;
  /** A few times a second. */
  told: (progress: FeedProgress) => void;
  /** True: nobody wants it any more. */
  givenUp: () => boolean;
};

export type Feeder = ReturnType<typeof createFeeder>;

/** Documents, and characters in them, that wait for MongoDB: at most so many are read ahead. */
const most = { documents: 10_000, text: 16 * 2 ** 20 };
/** Partitions that are read at the same time, so that one is worked on while the other is waited for. */
const atOnce = 2;
const gather = { from: 500, ms: 2, holdMs: 300, most: most.documents };
const tellEvery = 250;

export function createFeeder(options: FeederOptions) {
  const { history, model, log, retentionOf, accepts, keeps, told } = options;
  const { cluster, topics } = history;
  const flusher = createFlusher({ ...{ log, gather }, targets: () => [model], flushed: () => undefined });
  const fold = createFold(history, keeps === undefined ? flusher.pending.addDead : () => undefined, retentionOf);
  let read = 0;
  let unreadable = 0;
  /** One partition cannot be read on: the others need not be. */
  let broken = false;
  const givenUp = () => broken || options.givenUp();

  const room = async () => {
    flusher.kick();
    for (;;) {
      if (givenUp()) throw new Error('it was given up');
      if (flusher.pending.size < most.documents && flusher.pending.text < most.text) return;
      await flusher.flushed();
    }
  };

  function keep(job: JobDocument | undefined) {
    if (job !== undefined && keeps?.(job) !== false) flusher.pending.add(job);
  }

  function take(topic: string, partition: number, record: FetchedRecord): void | Promise<void> {
    read++;
    if (accepts?.(topic, partition, record) === false) return undefined;
    if (record.unreadable !== undefined) {
      unreadable++;
      return undefined;
    }
    const attempt = () => fold(topic, partition, record);
    try {
      const found = attempt();
      if (found instanceof Promise) return learned(found, attempt);
      keep(found);
    } catch (error) {
      pass(error);
    }
    return undefined;
  }

  function pass(error: unknown) {
    if (!(error instanceof UndecodableError)) throw error;
    unreadable++;
  }

  type Found = JobDocument | undefined;

  /** A schema that is new here is asked of the registry; while that is away this waits. */
  async function learned(first: Promise<Found>, again: () => Found | Promise<Found>): Promise<void> {
    let asked: Promise<Found> | undefined = first;
    const attempt = () => {
      const current = asked ?? again();
      asked = undefined;
      return current;
    };
    const final = (error: unknown) => error instanceof UndecodableError;
    try {
      keep(await persist(attempt, { log, what: 'look a schema up', final, givenUp }));
    } catch (error) {
      pass(error);
    }
  }

  /** Where Kafka went away meanwhile it is begun again where it was. */
  async function feedPartition(partition: number, stretches: readonly Stretch[]): Promise<void> {
    const at = new Map(stretches.map(({ topic, from }) => [topic, from]));
    const rest = () => stretches.map((stretch) => ({ ...stretch, from: at.get(stretch.topic) ?? stretch.from }));
    let fault: unknown;
    const attempt = () =>
      readInStep(rest(), {
        ...{ cluster, room },
        take(topic, record) {
          try {
            return take(topic, partition, record);
          } catch (error) {
            fault = error;
            throw error;
          }
        },
        reached(topic, offset) {
          at.set(topic, offset);
          flusher.pending.reached(topic, partition, offset);
        },
      });
    // Of a fault of ours no repetition is the cure.
    await persist(attempt, { log, what: 'read the log', final: (error) => error === fault, givenUp });
  }

  /** What is to be read of each partition number: commands before events. */
  async function stretchesTo(limits: Limits): Promise<Stretch[][]> {
    const [next, starts] = await persist(
      () => Promise.all([readCheckpoints(model, topics), cluster.offsets(topics, 'earliest')]),
      { log, what: 'learn where to go on', givenUp },
    );
    const all = topics.flatMap((topic) =>
      (limits.get(topic) ?? []).flatMap((to, partition): Stretch[] => {
        const from = Math.max(next.get(topic)?.[partition] ?? 0, starts.get(topic)?.[partition] ?? 0);
        // What retention has taken counts as read.
        if (from >= to && (next.get(topic)?.[partition] ?? 0) < to) flusher.pending.reached(topic, partition, to);
        return from < to ? [{ topic, partition, from, to }] : [];
      }),
    );
    return [...Map.groupBy(all, ({ partition }) => partition).values()];
  }

  return {
    /** Records that nobody can read, so far: they tell nothing of a job. */
    unreadable: () => unreadable,
    /** Resolves to how many records it read, once all of them are in and the checkpoint says so. @throws Error once it is given up */
    async feedTo(limits: Limits): Promise<number> {
      const stretches = await stretchesTo(limits);
      const of = stretches.flat().reduce((sum, { from, to }) => sum + to - from, 0);
      const before = read;
      const speed = createSpeed();
      const tell = () => told({ read: read - before, of, perSecond: speed(read) });
      const timer = setInterval(tell, tellEvery);
      try {
        if (of > 0) tell();
        const waiting = stretches.values();
        const one = async () => {
          for (const some of waiting) await feedPartition(some[0]?.partition ?? 0, some);
        };
        const failures: unknown[] = [];
        const failed = (error: unknown) => {
          broken = true;
          failures.push(error);
        };
        await Promise.all(Array.from({ length: atOnce }, () => one().catch(failed)));
        flusher.kick();
        // Also where it has failed: nothing is written any more once this is over.
        await flusher.settled();
        if (failures.length > 0) throw failures[0];
        if (of > 0) tell();
      } finally {
        clearInterval(timer);
      }
      return read - before;
    },
  };
}
