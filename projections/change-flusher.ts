// Keeps what a projection has folded: each flush is one transaction that changes the documents and moves the checkpoint of every partition
// from where it was. Where one is not there any more (another projector has these partitions, or all was reset) nothing is changed, and
// reading begins again at what the checkpoints say. One flush at a time, a quarter of a second from the one before; the group of a projection
// fills it.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import { isImpossibleUpdate } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import type { Move, ProjectionCheckpoint, ProjectionStore } from '../platform/projection-store.ts';
import type { Change, ProjectionDefinition } from '../schemas/define-projection.ts';
import { createChanges } from './changes.ts';
import { nameOf } from './patient-fold.ts';

export type ChangeFlusherOptions = {
  definition: Pick<ProjectionDefinition, 'name' | 'rollUp'>;
  store: Pick<ProjectionStore, 'begin' | 'checkpoints' | 'keep'>;
  log: Logger;
  /** What is pending was dropped: read again from the checkpoints. */
  again: () => void;
  /** The projection cannot go on: what it says cannot be kept. Nothing of what is pending will be. */
  failed: (error: unknown) => void;
  /** Milliseconds. */
  everyMs?: number;
  lookEveryMs?: number;
};

/** Documents pending from which on a flush does not wait for its time. */
const enough = 1_000;

export function createChangeFlusher(options: ChangeFlusherOptions) {
  const { definition, store, log, again, failed, everyMs = 250, lookEveryMs = 2_000 } = options;
  const changes = createChanges();
  /** Where the checkpoints are, as far as is known here. */
  let kept = new Map<string, ProjectionCheckpoint>();
  /** How far the next flush goes: partition → first offset behind it. */
  let moves = new Map<string, number>();
  /** Nothing is taken before it is known where to begin. */
  let taking = false;
  let running: Promise<void> | undefined;
  let flushedAt = Number.NEGATIVE_INFINITY;
  let hurry = new AbortController();
  let lastSize = 0;

  function drop() {
    taking = false;
    changes.clear();
    moves = new Map();
  }

  function fail(error: unknown) {
    drop();
    failed(error);
  }

  /** Until it is time, or somebody waits for it. */
  async function pace() {
    const ms = flushedAt + everyMs - performance.now();
    const { signal } = hurry;
    if (ms > 0 && changes.size < enough && !signal.aborted)
      await delay(ms, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
  }

  async function flush(): Promise<void> {
    const flushing = [...moves].flatMap(([name, next]): Move[] => {
      const at = kept.get(name);
      return at === undefined ? [] : [{ topic: at.topic, partition: at.partition, from: at.next, next }];
    });
    lastSize = changes.size;
    const updates = changes.drain(definition.rollUp);
    moves = new Map();
    flushedAt = performance.now();
    const what = `keep the projection ${definition.name}`;
    const isKept = await persist(() => store.keep(updates, flushing), { log, what, final: isImpossibleUpdate });
    if (!taking) return;
    if (!isKept) {
      drop();
      log.info('a checkpoint is not where this projector has left it: reading begins at what is kept');
      return again();
    }
    for (const { topic, partition, next } of flushing) {
      const at = kept.get(nameOf(topic, partition));
      if (at !== undefined) at.next = next;
    }
  }

  async function run(): Promise<void> {
    try {
      while (moves.size > 0) {
        await pace();
        if (moves.size > 0) await flush();
      }
    } catch (error) {
      fail(error);
    } finally {
      running = undefined;
    }
  }

  /** Whoever resets a projection tells nobody; while records come the next flush finds it out. */
  async function look(): Promise<void> {
    if (!taking || running !== undefined) return;
    const before = [...kept.values()].map(({ next }) => next);
    const there = await store.checkpoints();
    if (!taking || running !== undefined || [...kept.values()].some(({ next }, i) => next !== before[i])) return;
    const stored = new Map(there.map(({ topic, partition, next }) => [nameOf(topic, partition), next]));
    if ([...kept].every(([name, { next }]) => stored.get(name) === next)) return;
    drop();
    again();
  }
  const looking = setInterval(() => {
    look().catch((error: unknown) => log.debug({ err: error }, 'the checkpoints cannot be looked at yet'));
  }, lookEveryMs).unref();

  return {
    pending: {
      get size() {
        return changes.size;
      },
      add(some: readonly Change[]) {
        if (!taking) return;
        try {
          for (const change of some) changes.add(change);
        } catch (error) {
          fail(error);
        }
      },
      reached(topic: string, partition: number, next: number) {
        if (taking) moves.set(nameOf(topic, partition), next);
      },
    },
    kick() {
      if (moves.size > 0) running ??= run();
    },
    /** Of the last flush. */
    get lastSize() {
      return lastSize;
    },
    fail,
    /** Where to go on: topic → partition → offset; none where nothing was read yet. What was pending is dropped. @throws what MongoDB says */
    async begin(
      assigned: readonly { topic: string; partitions: readonly number[] }[],
    ): Promise<Map<string, Record<string, number>>> {
      drop();
      const places = assigned.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
      const found = await store.begin(places);
      kept = new Map(found.map((one) => [nameOf(one.topic, one.partition), one]));
      taking = true;
      const begins = new Map<string, Record<string, number>>();
      for (const { topic, partition, next } of found)
        if (next > 0) begins.set(topic, { ...begins.get(topic), [partition]: next });
      return begins;
    },
    /** What has been kept of these partitions (`topic/partition`), as offsets to commit. */
    written: (of: Pick<ReadonlySet<string>, 'has'>) =>
      [...kept].flatMap(([name, { topic, partition, next }]) =>
        of.has(name) ? [{ topic, partition, offset: String(next) }] : [],
      ),
    /** Resolves when nothing is pending, without waiting for the time of a flush. */
    async settled(): Promise<void> {
      hurry.abort();
      while (running !== undefined) await running;
      hurry = new AbortController();
    },
    close: () => clearInterval(looking),
  };
}
