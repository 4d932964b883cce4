// Asking for the end of a job: one record that every worker reads. The owner of the job's partition decides what comes first,
// that or the job's own end, and the log has the answer.
import { type CancelRecordTools, cancelRecord } from '../platform/cancel-record.ts';
import type { LogWriter } from '../platform/log-writer.ts';
import type { JobDocument } from '../schemas/job-status.ts';

/** Resolves once it is in the log. @throws PutlogError log-unavailable, outcome-unknown, overloaded */
export type CancelJob = (job: JobDocument, traceparent: string | undefined) => Promise<void>;

export type CancelJobOptions = CancelRecordTools & { writer: Pick<LogWriter, 'append'> };

export function createCancelJob({ writer, ...tools }: CancelJobOptions): CancelJob {
  return async ({ type, id, generation }, traceparent) => {
    await writer.append(cancelRecord({ type, id, generation, at: Date.now() }, tools, traceparent));
  };
}
