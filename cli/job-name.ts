// How a job is named at a terminal: type/id, as everywhere else, or its type and its id apart.
import type { JobName } from '../client/job.ts';
import { UsageError } from './exit-code.ts';

/** What help says of the two arguments. */
export const jobArgument = 'the job: type/id, or its type';
export const idArgument = 'its id, where the first names its type alone';

/** @throws UsageError */
export function jobNameOf(job: string, id: string | undefined): JobName {
  const slash = job.indexOf('/');
  if (id !== undefined && slash === -1) return { type: job, id };
  if (id === undefined && slash > 0 && slash < job.length - 1)
    return { type: job.slice(0, slash), id: job.slice(slash + 1) };
  throw new UsageError(`name the job as type/id, such as demo.echo/42, not "${[job, id].filter(Boolean).join(' ')}"`);
}
