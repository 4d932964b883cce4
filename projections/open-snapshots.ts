// What a worker builds snapshots with: each in a thread of its own, which ends with it. The command `putlog worker` gives it to the worker,
// which gives it to jobs of the type putlog.snapshot.
import { Worker } from 'node:worker_threads';
import type { Config } from '../platform/config.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { NonRetryableError } from '../schemas/retry-errors.ts';
import type { BuildSnapshot, SnapshotBuilt, SnapshotRequest } from '../schemas/snapshot.ts';
import { retentionIn } from './retention.ts';
import type { SnapshotSaid, SnapshotTask } from './snapshot-thread.ts';

/** How long a thread that is told to stop may take to drop what it has built (milliseconds); then it is ended. */
const graceMs = 4_000;
/** What waits to be written and what is read ahead is some tens of megabytes. */
const heapMb = 512;

/** `close` ends what is being built, and leaves nothing of it. */
export function openSnapshots(
  config: Config,
  jobs: ReadonlyMap<string, LoadedJob>,
): { build: BuildSnapshot; close: () => Promise<void> } {
  const retentionOf = retentionIn(jobs, config);
  const retentions = new Map([...jobs.keys()].map((type) => [type, retentionOf(type)]));
  const building = new Set<Promise<unknown>>();
  const closing = new AbortController();

  async function build(request: SnapshotRequest, { signal, progress }: Parameters<BuildSnapshot>[1]) {
    const stop = AbortSignal.any([signal, closing.signal]);
    stop.throwIfAborted();
    const task: SnapshotTask = { config, retentions, request };
    const thread = new Worker(new URL('./snapshot-thread.ts', import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    const { promise, resolve, reject } = Promise.withResolvers<SnapshotBuilt>();
    thread.on('message', (said: SnapshotSaid) => {
      if ('progress' in said) progress(said.progress);
      else if ('built' in said) resolve(said.built);
      else reject(said.failed.final ? new NonRetryableError(said.failed.message) : new Error(said.failed.message));
    });
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`the thread that built it ended with ${code}`)));
    let grace: NodeJS.Timeout | undefined;
    const end = () => {
      thread.postMessage('stop');
      grace = setTimeout(() => thread.terminate(), graceMs);
    };
    stop.addEventListener('abort', end, { once: true });
    try {
      return await promise;
    } finally {
      stop.removeEventListener('abort', end);
      clearTimeout(grace);
      await thread.terminate();
    }
  }

  return {
    build(request, run) {
      const one = build(request, run);
      const settled = one.then(
        () => undefined,
        () => undefined,
      );
      building.add(settled);
      settled.finally(() => building.delete(settled));
      return one;
    },
    async close() {
      closing.abort(new Error('the worker stops'));
      await Promise.all(building);
    },
  };
}
