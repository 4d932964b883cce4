// Reading a job's status: the read model, then what this process has just accepted, then patience until the read model
// has caught up with the log. A job that was accepted is never "not found".
import { type JobDocument, jobKey } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { CatchUp } from './catch-up.ts';
import type { LookUp } from './look-up.ts';
import type { RecentSubmissions } from './recent-submissions.ts';

/**
 * Undefined: the log holds no such job.
 * @throws PutlogError read-model-behind, read-model-unavailable
 */
export type ReadJob = (type: string, id: string) => Promise<JobDocument | undefined>;

export type ReadJobOptions = {
  lookUp: LookUp;
  recent: RecentSubmissions;
  catchUp: CatchUp;
  /** Where commands of this type may be; undefined: there is no such type. */
  topicsOf: (type: string) => readonly string[] | undefined;
};

export const unknownJob = (type: string, id: string): PutlogError =>
  new PutlogError(
    'unknown-job',
    `the log holds no job ${type}/${id}, or it has been over for longer than its type keeps the status`,
  );

export function createReadJob({ lookUp, recent, catchUp, topicsOf }: ReadJobOptions): ReadJob {
  return async (type, id) => {
    const name = jobKey(type, id);
    const job = await lookUp.find(name);
    if (job !== undefined) return job;
    const accepted = await recent.get(name)?.stored.catch(() => undefined);
    if (accepted !== undefined) return accepted;
    const topics = topicsOf(type);
    return topics === undefined ? undefined : catchUp(name, topics);
  };
}
