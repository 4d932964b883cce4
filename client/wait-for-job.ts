// Waits for the end of a job. The server holds each answer back until then, for as long as it is willing to; then it is asked again.
import { waiting } from './call-request.ts';
import { type Connection, pause } from './connection.ts';
import { type FinishedJob, isFinished, type JobName, type JobStatus, jobPath } from './job.ts';
import { retryAfterOf } from './problem-error.ts';

export type WaitOptions = {
  /** Milliseconds; for ever unless told. */
  timeout?: number;
  signal?: AbortSignal;
};

/** @throws ProblemError, ConnectionError, DOMException TimeoutError, the signal's reason */
export async function waitForJob<R>(
  { ask }: Connection,
  job: JobName<R>,
  { timeout, signal }: WaitOptions = {},
): Promise<FinishedJob<R>> {
  const limits = [signal, timeout === undefined ? undefined : AbortSignal.timeout(timeout)];
  const either = AbortSignal.any(limits.filter((one) => one !== undefined));
  const began = Date.now();
  for (;;) {
    const asked = Date.now();
    const wanted = waiting(timeout === undefined ? 30_000 : Math.max(1, timeout - (asked - began)));
    const { body, headers } = await ask({
      ...{ method: 'GET', path: jobPath(job), repeatable: 'always', signal: either, ...wanted },
    });
    const status = body as JobStatus<R>;
    if (isFinished(status)) return status;
    // A server that answers early does not wait, or is about to stop.
    if (Date.now() - asked < wanted.waits / 2) await pause(retryAfterOf(headers, Date.now()) ?? 1_000, either);
  }
}
