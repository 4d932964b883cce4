// Brings what is pending into MongoDB: at once when little comes, gathered when much does. Data first, then the
// checkpoint; while MongoDB is away the same flush is repeated until it is in. One at a time, so nothing overtakes.
// Projectors and whatever builds a version of the read model each have one.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import { updateSmall } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import { checkpointId, type ReadModel } from '../platform/read-model.ts';
import { writeDeadLetters } from './dead-letters.ts';
import { createPending, type Flush } from './pending.ts';
import { writeJobs } from './write-jobs.ts';

export type FlusherOptions = {
  /**
   * What a flush is written to, one after the other. Asked for when its records are in hand, so that what is written in an
   * order was in the log before the answer ceased to be true.
   */
  targets: () => readonly ReadModel[] | Promise<readonly ReadModel[]>;
  log: Logger;
  /**
   * Where at least `from` documents were pending, the next flush gathers for `ms` milliseconds, and what waits for its
   * first event stays up to `holdMs`, while fewer than `most` are pending. Where fewer were, calls of which only the command is known wait up
   * to `aloneMs` for an event: most often it is their own.
   */
  gather?: { from: number; ms: number; holdMs: number; most?: number; aloneMs?: number };
  /** After each flush; `size` in documents, `took` in milliseconds, the checkpoint not counted. */
  flushed: (size: number, took: number) => void;
};

const busy = { from: 16, ms: 15, holdMs: 100, aloneMs: 20 };

/** What was read of one version, data and all: its checkpoint may say so. */
type Reached = { model: ReadModel; next: Flush['next'] };

export function createFlusher({ targets, log, flushed, gather = busy }: FlusherOptions) {
  const pending = createPending();
  let running: Promise<void> | undefined;
  let checkpointing: Promise<void> | undefined;
  let reached = new Map<string, Reached>();
  let lastSize = 0;
  let flushEnds = Promise.withResolvers<void>();
  const written = new Map<string, { topic: string; partition: number; offset: string }>();

  async function run() {
    while (pending.dirty) {
      const gathers = lastSize >= gather.from;
      if (gathers && pending.size < lastSize * 2) await delay(gather.ms);
      else if (!gathers && gather.aloneMs !== undefined)
        await Promise.race([pending.untilMore(), delay(gather.aloneMs)]);
      lastSize = pending.size;
      const holds = gathers && lastSize < (gather.most ?? Number.POSITIVE_INFINITY);
      const flush = pending.drain(holds ? gather.holdMs : 0);
      const began = performance.now();
      const models = await persist(targets, { log, what: 'learn which versions of the read model are written' });
      for (const { jobs, deadLetters } of models) {
        const write = () => Promise.all([writeJobs(jobs, flush.writes), writeDeadLetters(deadLetters, flush.dead)]);
        await persist(write, { log, what: 'write job status' });
      }
      reach(models, flush.next);
      flushed(flush.writes.length, performance.now() - began);
      flushEnds.resolve();
      flushEnds = Promise.withResolvers();
    }
    running = undefined;
  }

  /** The data is in: its checkpoint may follow while the next data is on its way. */
  function reach(models: readonly ReadModel[], next: Flush['next']) {
    // Nothing but documents of a batch that is still being taken: MongoDB refuses a write of nothing, and it would be repeated for ever.
    if (next.size === 0) return;
    for (const model of models) {
      const of = reached.get(model.name) ?? { model, next: new Map() };
      reached.set(model.name, of);
      for (const [topic, partitions] of next)
        of.next.set(topic, new Map([...(of.next.get(topic) ?? []), ...partitions]));
    }
    if (reached.size > 0) checkpointing ??= writeCheckpoints();
  }

  async function writeCheckpoints() {
    while (reached.size > 0) {
      const all = [...reached.values()];
      reached = new Map();
      for (const one of all) {
        await persist(() => checkpoint(one), { log, what: 'write the checkpoint' });
        for (const [topic, partitions] of one.next)
          for (const [partition, offset] of partitions)
            written.set(`${topic}/${partition}`, { topic, partition, offset: String(offset) });
      }
    }
    checkpointing = undefined;
  }

  /** `$max`: a projector that was thought dead cannot move it back. */
  async function checkpoint({ model: { name, checkpoints }, next }: Reached) {
    const updates = [...next].map(([topic, partitions]) => {
      const reached = Object.fromEntries([...partitions].map(([partition, offset]) => [`next.${partition}`, offset]));
      return { q: { _id: checkpointId(name, topic) }, u: { $max: reached }, upsert: true as const };
    });
    await updateSmall(checkpoints.db, checkpoints.collectionName, updates);
  }

  return {
    pending,
    /** Begins a flush unless one is under way. */
    kick() {
      if (pending.dirty) running ??= run();
    },
    /** Documents that were pending at the last flush. */
    get lastSize() {
      return lastSize;
    },
    /** What has been written of these partitions (`topic/partition`), as offsets to commit. */
    written: (of: Pick<ReadonlySet<string>, 'has'>) =>
      [...written].flatMap(([name, offset]) => (of.has(name) ? [offset] : [])),
    /** Resolves when the flush that is under way, or else the next one, is in. */
    flushed: () => flushEnds.promise,
    /** Resolves when nothing is pending, and the checkpoint says so. */
    async settled(): Promise<void> {
      while (running !== undefined || checkpointing !== undefined) await (running ?? checkpointing);
    },
  };
}
