// A page of jobs by what they are, newest first, as of the read model. Each question can be answered in the order of an index, so that
// MongoDB reads little more than it gives. Called by list-jobs-routes.
import type { Db, Filter } from 'mongodb';
import type { ReadVersions } from '../platform/follow-read-model.ts';
import { readModelNamed } from '../platform/read-model.ts';
import { type JobDocument, type JobState, jobStates } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';

/** Those of which all that is given is so. Times in milliseconds since the epoch; `createdBefore` is excluded. */
export type JobFilter = {
  /** Of one of these types. */
  types?: readonly string[];
  states?: readonly JobState[];
  createdAfter?: number;
  createdBefore?: number;
  key?: string;
  /** The collection of a snapshot, in place of what is known now. */
  snapshot?: string;
};

/** Where a page ends: the next one begins behind it. */
export type JobCursor = Pick<JobDocument, 'createdAt' | '_id'>;

/** `next` undefined: there are no more. */
export type JobPage = { jobs: JobDocument[]; next: JobCursor | undefined };

/** At most `limit` jobs, fewer where they are large. @throws PutlogError read-model-unavailable */
export type ListJobs = (filter: JobFilter, limit: number, behind?: JobCursor) => Promise<JobPage>;

/** Milliseconds that MongoDB may take. */
const patience = 10_000;
/** Characters of results, errors and progress in a page: 500 large results would be 125 MiB. */
const mostText = 4 * 2 ** 20;

/** A range of an index for each state, which MongoDB merges (SORT_MERGE): also where all of them are asked for. */
export function jobsQuery(
  { types, states = jobStates, createdAfter, createdBefore, key }: JobFilter,
  behind?: JobCursor,
) {
  const latest = Math.min(
    createdBefore === undefined ? Number.MAX_SAFE_INTEGER : createdBefore - 1,
    behind?.createdAt ?? Number.MAX_SAFE_INTEGER,
  );
  const query: Filter<JobDocument> = {
    ...(types !== undefined && { type: { $in: [...types] } }),
    ...(key !== undefined && { key }),
    state: { $in: [...states] },
    createdAt: { $gte: createdAfter ?? 0, $lte: latest },
  };
  // Leaves out what the page before had of its last millisecond; those few documents are read once more.
  if (behind !== undefined) query.$or = [{ createdAt: { $lt: behind.createdAt } }, { _id: { $lt: behind._id } }];
  return query;
}

export const newestFirst = { createdAt: -1, _id: -1 } as const;

const textOf = ({ result, error, progress }: JobDocument) =>
  (result?.length ?? 0) + (error?.length ?? 0) + (progress?.length ?? 0);

export function createListJobs({ versions, db }: { versions: ReadVersions; db: Db }): ListJobs {
  return async (filter, limit, behind) => {
    const signal = AbortSignal.timeout(patience);
    const jobs: JobDocument[] = [];
    let last: JobDocument | undefined;
    let text = 0;
    try {
      const { snapshot } = filter;
      const listed = snapshot === undefined ? (await versions(signal)).current : readModelNamed(db, snapshot);
      const found = listed.jobs
        .find(jobsQuery(filter, behind), { signal, batchSize: limit + 1 })
        .sort(newestFirst)
        .limit(limit + 1);
      for await (const job of found) {
        if (jobs.length === limit || (last !== undefined && text + textOf(job) > mostText))
          return { jobs, next: last && { createdAt: last.createdAt, _id: last._id } };
        jobs.push(job);
        last = job;
        text += textOf(job);
      }
      return { jobs, next: undefined };
    } catch (cause) {
      const detail = 'Jobs cannot be listed right now. Try again in a few seconds.';
      throw new PutlogError('read-model-unavailable', detail, { cause, retryAfter: 2 });
    }
  };
}
