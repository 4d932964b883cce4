// The record by which a job is asked for: that of a new command, in the partition of its ordering key. The producer appends those of
// clients, a worker those of schedules and of what follows a job.
import { type Command, commandType } from '../schemas/command.ts';
import { jobKey } from '../schemas/job-status.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';
import type { LogRecord } from './log-writer.ts';
import { partitionOf } from './partition-of.ts';
import { encodeWire } from './wire-format.ts';

/** `source` is CloudEvents'. */
export type SubmitRecordTools = { partitions: number; commandSchemaId: number; source: string };

export function submitRecord(
  command: Command,
  topic: string,
  { partitions, commandSchemaId, source }: SubmitRecordTools,
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
