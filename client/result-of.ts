// The result of a job that is over, or why there is none.
import type { FinishedJob } from './job.ts';
import { ProblemError } from './problem-error.ts';

/** @throws ProblemError of a job that has failed, or was cancelled */
export function resultOf<R>(job: FinishedJob<R>): R {
  switch (job.state) {
    case 'succeeded':
      return job.result;
    case 'failed':
      throw new ProblemError(job.error);
    case 'cancelled':
      throw new ProblemError(job.error ?? cancelled(job));
    default:
      return job satisfies never;
  }
}

const cancelled = ({ type, id }: FinishedJob) => ({
  ...{ type: 'urn:putlog:error:job-cancelled', title: 'The job was cancelled', status: 409 },
  ...{ detail: `${type}/${id} was cancelled`, code: 'job-cancelled', retriable: false },
});
