// Events and fences as records of the log: encoded, with their headers, addressed to the partition of the command.
import type { LogRecord } from '../platform/log-writer.ts';
import { encodeWire } from '../platform/wire-format.ts';
import { eventType, type JobEvent } from '../schemas/event.ts';
import { type Fence, fenceEventType, fenceType } from '../schemas/fence.ts';
import { jobKey } from '../schemas/job-status.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';
import { eventId } from './outcome.ts';

export type EventRecords = ReturnType<typeof createEventRecords>;

export function createEventRecords(options: {
  topic: string;
  eventSchemaId: number;
  fenceSchemaId: number;
  worker: string;
}) {
  const { topic, eventSchemaId, fenceSchemaId } = options;
  const source = `/putlog/workers/${options.worker}`;
  return {
    topic,
    event(event: JobEvent, traceparent: string | undefined): LogRecord {
      const subject = jobKey(event.type, event.id);
      const about = { id: eventId(event), source, type: `putlog.job.${event.kind}`, subject, at: event.at };
      return {
        topic,
        partition: event.command.partition,
        key: Buffer.from(subject),
        value: encodeWire(eventType, eventSchemaId, event),
        headers: recordHeaders(about, childTraceparent(traceparent)),
        timestamp: event.at,
      };
    },
    fence(fence: Fence, partition: number): LogRecord {
      const id = `${fence.identity}/${fence.producerId}.${fence.producerEpoch}/${fence.at}`;
      const about = { id, source, type: fenceEventType, subject: fence.identity, at: fence.at };
      return {
        topic,
        partition,
        key: Buffer.from(fence.identity),
        value: encodeWire(fenceType, fenceSchemaId, fence),
        headers: recordHeaders(about, childTraceparent(undefined)),
        timestamp: fence.at,
      };
    },
  };
}
