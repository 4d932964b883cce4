// Brings what is pending into MongoDB: at once when little comes, gathered when much does. Data first, then the
// checkpoint; while MongoDB is away the same flush is repeated until it is in. One at a time, so nothing overtakes.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { checkpointId, type ReadModel } from '../platform/read-model.ts';
import { writeDeadLetters } from './dead-letters.ts';
import { createPending, type Flush } from './pending.ts';
import { writeJobs } from './write-jobs.ts';

export type FlusherOptions = {
  model: ReadModel;
  log: Logger;
  /**
   * Where at least `from` documents were pending, the next flush gathers for `ms` milliseconds, and what waits for its
   * first event stays up to `holdMs`.
   */
  gather?: { from: number; ms: number; holdMs: number };
  /** After each flush; `size` in documents, `took` in milliseconds, the checkpoint not counted. */
  flushed: (size: number, took: number) => void;
};

const busy = { from: 16, ms: 15, holdMs: 100 };

export function createFlusher({ model, log, flushed, gather = busy }: FlusherOptions) {
  const pending = createPending();
  let running: Promise<void> | undefined;
  let checkpointing: Promise<void> | undefined;
  let reached: Flush['next'] = new Map();
  let lastSize = 0;
  const written = new Map<string, { topic: string; partition: number; offset: string }>();

  async function run() {
    while (pending.dirty) {
      const gathers = lastSize >= gather.from;
      if (gathers && pending.size < lastSize * 2) await delay(gather.ms);
      lastSize = pending.size;
      const flush = pending.drain(gathers ? gather.holdMs : 0);
      const began = performance.now();
      const write = () =>
        Promise.all([writeJobs(model.jobs, flush.writes), writeDeadLetters(model.deadLetters, flush.dead)]);
      await persist(write, { log, what: 'write job status' });
      reach(flush.next);
      flushed(flush.writes.length, performance.now() - began);
    }
    running = undefined;
  }

  /** The data is in: its checkpoint may follow while the next data is on its way. */
  function reach(next: Flush['next']) {
    for (const [topic, partitions] of next) reached.set(topic, new Map([...(reached.get(topic) ?? []), ...partitions]));
    checkpointing ??= writeCheckpoints();
  }

  async function writeCheckpoints() {
    while (reached.size > 0) {
      const next = reached;
      reached = new Map();
      await persist(() => checkpoint(next), { log, what: 'write the checkpoint' });
      for (const [topic, partitions] of next)
        for (const [partition, offset] of partitions)
          written.set(`${topic}/${partition}`, { topic, partition, offset: String(offset) });
    }
    checkpointing = undefined;
  }

  /** `$max`: a projector that was thought dead cannot move it back. */
  async function checkpoint(next: Flush['next']) {
    await model.checkpoints.bulkWrite(
      [...next].map(([topic, partitions]) => ({
        updateOne: {
          filter: { _id: checkpointId(model.name, topic) },
          update: {
            $max: Object.fromEntries([...partitions].map(([partition, offset]) => [`next.${partition}`, offset])),
          },
          upsert: true,
        },
      })),
      { ordered: false },
    );
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
    /** Resolves when nothing is pending, and the checkpoint says so. */
    async settled(): Promise<void> {
      while (running !== undefined || checkpointing !== undefined) await (running ?? checkpointing);
    },
  };
}
