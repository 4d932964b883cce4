// Asking for the end of a job: one record that every worker reads. The owner of the job's partition decides what comes first,
// that or the job's own end, and the log has the answer.
import type { LogWriter } from '../platform/log-writer.ts';
import { encodeWire } from '../platform/wire-format.ts';
import { type Cancel, cancelType } from '../schemas/cancel.ts';
import { type JobDocument, jobKey } from '../schemas/job-status.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';

/** Resolves once it is in the log. @throws PutlogError log-unavailable, outcome-unknown, overloaded */
export type CancelJob = (job: JobDocument, traceparent: string | undefined) => Promise<void>;

export type CancelJobOptions = {
  writer: Pick<LogWriter, 'append'>;
  topic: string;
  cancelSchemaId: number;
  /** CloudEvents `source`. */
  source: string;
};

export function createCancelJob({ writer, topic, cancelSchemaId, source }: CancelJobOptions): CancelJob {
  return async ({ type, id, generation }, traceparent) => {
    const cancel: Cancel = { type, id, generation, at: Date.now() };
    const subject = jobKey(type, id);
    const about = { id: `${subject}/${generation}/cancel`, source, type: 'putlog.job.cancel', subject, at: cancel.at };
    await writer.append({
      ...{ topic, partition: 0, key: Buffer.from(subject) },
      value: encodeWire(cancelType, cancelSchemaId, cancel),
      headers: recordHeaders(about, childTraceparent(traceparent)),
      timestamp: cancel.at,
    });
  };
}
