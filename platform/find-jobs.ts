// Reads job status, and how far it is, from the versions of the read model that are to be read: of two the greater, so that whoever asks
// while one takes the other's place is never told less than somebody before. Look-ups and catch-up call it.
import type { JobDocument } from '../schemas/job-status.ts';
import { merge } from '../schemas/merge-jobs.ts';
import type { Versions } from './follow-read-model.ts';
import { readCheckpoints } from './read-model.ts';

const bothOf = ({ current, also }: Versions) => (also === undefined ? [current] : [current, also]);

/** `_id` → document, of those that are there; where both have the same, that of `current`. @throws what MongoDB says */
export async function findJobs(
  versions: Versions,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, JobDocument>> {
  const options = signal === undefined ? {} : { signal };
  const filter = { _id: { $in: [...ids] } };
  const found = await Promise.all(bothOf(versions).map(({ jobs }) => jobs.find(filter, options).toArray()));
  const jobs = new Map<string, JobDocument>();
  for (const job of found.flat()) jobs.set(job._id, merge(jobs.get(job._id), job));
  return jobs;
}

/** Topic → partition → first offset that is in neither of them yet. @throws what MongoDB says */
export async function findCheckpoints(
  versions: Versions,
  topics: string[],
): Promise<Map<string, Record<string, number>>> {
  const [first, ...rest] = await Promise.all(bothOf(versions).map((model) => readCheckpoints(model, topics)));
  for (const other of rest)
    for (const [topic, next] of other) {
      const reached = first?.get(topic) ?? {};
      for (const [partition, offset] of Object.entries(next))
        reached[partition] = Math.max(offset, reached[partition] ?? 0);
    }
  return first ?? new Map();
}
