// The record by which the end of a job is asked for, and which every worker reads. The producer appends one for a DELETE, a worker
// one for the run of a schedule that the next one takes the place of.
import { type Cancel, cancelType } from '../schemas/cancel.ts';
import { jobKey } from '../schemas/job-status.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';
import type { LogRecord } from './log-writer.ts';
import { encodeWire } from './wire-format.ts';

/** `source` is CloudEvents'. */
export type CancelRecordTools = { topic: string; cancelSchemaId: number; source: string };

export function cancelRecord(
  cancel: Cancel,
  { topic, cancelSchemaId, source }: CancelRecordTools,
  traceparent: string | undefined,
): LogRecord {
  const { type, id, generation, at } = cancel;
  const subject = jobKey(type, id);
  const about = { id: `${subject}/${generation}/cancel`, source, type: 'putlog.job.cancel', subject, at };
  return {
    ...{ topic, partition: 0, key: Buffer.from(subject) },
    value: encodeWire(cancelType, cancelSchemaId, cancel),
    headers: recordHeaders(about, childTraceparent(traceparent)),
    timestamp: at,
  };
}
