// Waits for the end of a job for as long as was asked, and is content with less: for `--wait` of submit, get and cancel.
import type { Client } from '../client/create-client.ts';
import { isFinished, type JobStatus } from '../client/job.ts';

/** The server holds one answer back for so long at most, unless it is set up otherwise (milliseconds). */
const longestHeld = 30_000;

/** What to ask the first answer to wait. */
export const firstWait = (ms: number | undefined): number => Math.min(ms ?? 0, longestHeld);

/** The last that is known of it, over or not, at `deadline` (of performance.now). */
export async function untilOver(client: Client, job: JobStatus, deadline: number): Promise<JobStatus> {
  const left = deadline - performance.now();
  if (isFinished(job) || left < 1) return job;
  try {
    return await client.wait(job, { timeout: Math.ceil(left) });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return client.get(job);
    throw error;
  }
}
