// Has the list of jobs as it was built: submits a job of putlog.snapshot, tells how far it is, and waits for its end. Whoever wants it no more
// cancels it.
import type { Progress } from '../schemas/progress.ts';
import type { SnapshotBuilt } from '../schemas/snapshot.ts';
import { instant } from './call-request.ts';
import type { Connection } from './connection.ts';
import { followJob } from './follow-job.ts';
import { type JobStatus, jobPath } from './job.ts';
import { resultOf } from './result-of.ts';
import { waitForJob } from './wait-for-job.ts';

/** `snapshot` names it: for `list`, and for whoever deletes it. */
export type Snapshot = SnapshotBuilt;

export type SnapshotOptions = {
  /** Only jobs of these types; of all unless told. */
  types?: readonly string[];
  /** How long it can be read (milliseconds, from a minute to a week); a day unless told. */
  keep?: number;
  /** Told how far it is. */
  told?: (progress: Progress) => void;
  signal?: AbortSignal;
};

type Job = JobStatus<Snapshot>;

async function submit({ ask }: Connection, payload: object, signal: AbortSignal | undefined): Promise<Job> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': `"${crypto.randomUUID()}"` };
  const { body } = await ask({
    ...{ method: 'POST', path: 'jobs/putlog.snapshot', headers, signal, repeatable: 'always' },
    body: JSON.stringify(payload),
  });
  return body as Job;
}

/** @throws ProblemError, also of the job's end; ConnectionError; the signal's reason */
export async function buildSnapshot(
  connection: Connection,
  at: Date | string,
  { types, keep, told, signal }: SnapshotOptions = {},
): Promise<Snapshot> {
  const keepSeconds = keep === undefined ? undefined : Math.ceil(keep / 1_000);
  const job = await submit(connection, { at: instant(at), types, keepSeconds }, signal);
  const own = signal === undefined ? {} : { signal };
  try {
    if (told !== undefined)
      for await (const event of followJob(connection, job, own)) if (event.kind === 'progressed') told(event.progress);
    return resultOf(await waitForJob(connection, job, own));
  } catch (error) {
    if (signal?.aborted) await connection.ask({ method: 'DELETE', path: jobPath(job), repeatable: 'always' });
    throw error;
  }
}
