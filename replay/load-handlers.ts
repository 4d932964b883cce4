// The new code of a job type, from a folder of job files as PUTLOG_JOBS is one. What cannot be replayed is refused.
import { resolve } from 'node:path';
import { type LoadedJob, loadJobs } from '../platform/load-jobs.ts';
import { isOwnType } from '../schemas/own-types.ts';

/** All that it does is to call somebody; in a dry run it calls nobody, and there would be nothing to compare. */
const isSender = (type: string): boolean => isOwnType(type) || type === 'http.request';

/** @throws Error that says why it cannot be replayed, or what is in the folder instead; JobsError */
export async function loadHandlers(folder: string, type: string): Promise<LoadedJob> {
  if (isSender(type))
    throw new Error(
      `${type} cannot be replayed: what its calls send was sent when they ran, and a dry run sends nothing`,
    );
  const path = resolve(folder);
  const jobs = await loadJobs([path], '--handlers');
  const job = jobs.get(type);
  if (job !== undefined) return job;
  const there = [...jobs.keys()].sort().join(', ');
  throw new Error(
    `${path} does not define ${type}; ${there === '' ? 'it defines no job type' : `it defines ${there}`}`,
  );
}
