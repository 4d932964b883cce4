// Makes a 404 true: a job that the read model does not have is looked for until the read model has passed the end that
// the log had when it was asked for. All who wait share the same few reads. Called by read-job.
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaCluster } from '../platform/cluster.ts';
import { findCheckpoints, findJobs } from '../platform/find-jobs.ts';
import type { ReadVersions } from '../platform/follow-read-model.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';

type Waiting = {
  id: string;
  /** It may be in any of them. */
  topics: readonly string[];
  /** Topic → first offset beyond the log's end in each partition; undefined: not read yet. */
  target: ReadonlyMap<string, number[]> | undefined;
  deadline: number;
  resolve: (job: JobDocument | undefined) => void;
  reject: (error: unknown) => void;
};

export type CatchUp = ReturnType<typeof createCatchUp>;

/** Between two looks (milliseconds). */
const pollEvery = 3;

export function createCatchUp(options: { cluster: KafkaCluster; versions: ReadVersions; timeoutMs: number }) {
  const { cluster, versions, timeoutMs } = options;
  let waiting: Waiting[] = [];
  let working = false;

  async function work() {
    while (waiting.length > 0) {
      try {
        await look();
      } catch (error) {
        const detail = 'Job status cannot be compared with the log right now. Try again in a few seconds.';
        const unavailable = new PutlogError('read-model-unavailable', detail, { cause: error, retryAfter: 2 });
        for (const one of waiting) one.reject(unavailable);
        waiting = [];
      }
      if (waiting.length > 0) await delay(pollEvery);
    }
    working = false;
  }

  const topicsOf = (some: readonly Waiting[]) => [...new Set(some.flatMap(({ topics }) => topics))];

  async function look() {
    const asking = waiting;
    const fresh = asking.filter(({ target }) => target === undefined);
    if (fresh.length > 0) {
      const ends = await logEnds(topicsOf(fresh));
      for (const one of fresh) one.target = ends;
    }
    // The checkpoint first: documents read after it hold all that it covers.
    const both = await versions();
    const checkpoints = await findCheckpoints(both, topicsOf(asking));
    const ids = asking.map(({ id }) => id);
    const found = await findJobs(both, ids);
    const now = performance.now();
    const settled = new Set(
      asking.filter((one) => {
        const job = found.get(one.id);
        const passed = one.topics.every((topic) =>
          one.target?.get(topic)?.every((end, partition) => (checkpoints.get(topic)?.[partition] ?? 0) >= end),
        );
        if (job !== undefined || passed) one.resolve(job);
        else if (now < one.deadline) return false;
        else one.reject(behind());
        return true;
      }),
    );
    waiting = waiting.filter((one) => !settled.has(one));
  }

  async function logEnds(topics: string[]): Promise<Map<string, number[]>> {
    try {
      return await cluster.offsets(topics, 'latest');
    } catch {
      // The leaders may have moved since they were last asked for; a second failure is told.
      await cluster.refresh();
      return cluster.offsets(topics, 'latest');
    }
  }

  const behind = () =>
    new PutlogError(
      'read-model-behind',
      `Job status has not caught up with the log within ${timeoutMs} ms. Try again.`,
    );

  /** Undefined: the log holds no such job. @throws PutlogError read-model-behind, read-model-unavailable */
  return (id: string, topics: readonly string[]): Promise<JobDocument | undefined> =>
    new Promise((resolve, reject) => {
      const deadline = performance.now() + timeoutMs;
      waiting = [...waiting, { id, topics, target: undefined, deadline, resolve, reject }];
      if (working) return;
      working = true;
      setImmediate(work);
    });
}
