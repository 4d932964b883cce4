// A new call as a record of the log: encoded, with its headers, addressed to the partition of its ordering key. The producer appends
// those of clients, the consumer those that follow a job.
import { type Command, commandType } from '../schemas/command.ts';
import { jobKey } from '../schemas/job-status.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';
import type { LogRecord } from './log-writer.ts';
import { partitionOf } from './partition-of.ts';
import { encodeWire } from './wire-format.ts';

export type SubmitRecordTools = {
  /** Of each topic. */
  partitions: number;
  commandSchemaId: number;
  /** CloudEvents `source`. */
  source: string;
};

export function submitRecord(
  { partitions, commandSchemaId, source }: SubmitRecordTools,
  command: Command,
  topic: string,
  traceparent: string | undefined,
): LogRecord {
  const { type, id, generation, submittedAt: at } = command;
  const key = Buffer.from(command.key);
  const subject = jobKey(type, id);
  const about = { id: `${subject}/${generation}/submit`, source, type: 'putlog.job.submit', subject, at };
  return {
    ...{ topic, partition: partitionOf(key, partitions), key },
    value: encodeWire(commandType, commandSchemaId, command),
    headers: recordHeaders(about, childTraceparent(traceparent)),
    timestamp: at,
  };
}
