// Headers of every record: CloudEvents 1.0 in the binary mode of its Kafka binding, and W3C trace context.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md, https://www.w3.org/TR/trace-context/
import { randomFillSync } from 'node:crypto';

export type RecordHeaders = {
  ce_specversion: string;
  ce_id: string;
  ce_source: string;
  ce_type: string;
  ce_subject: string;
  ce_time: string;
  'content-type': string;
  traceparent: string;
};

/** `at` in milliseconds since the epoch. `id` is unique for the source and the same wherever the event is told. */
export function recordHeaders(
  what: { id: string; source: string; type: string; subject: string; at: number },
  traceparent: string,
): RecordHeaders {
  return {
    ce_specversion: '1.0',
    ce_id: what.id,
    ce_source: what.source,
    ce_type: what.type,
    ce_subject: what.subject,
    ce_time: timeText(what.at),
    'content-type': 'application/avro',
    traceparent,
  };
}

/** Many records are of one millisecond. */
const latest = { at: 0, text: new Date(0).toISOString() };

function timeText(at: number): string {
  if (latest.at !== at) Object.assign(latest, { at, text: new Date(at).toISOString() });
  return latest.text;
}

const valid = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The same trace with a new parent id; a trace of its own where there is none, or not a valid one (§3.2.2.5). */
export function childTraceparent(parent: string | undefined): string {
  const span = hex(8);
  if (parent !== undefined && valid.test(parent)) return `00-${parent.slice(3, 35)}-${span}-${parent.slice(53, 55)}`;
  return `00-${hex(16)}-${span}-01`;
}

const pool = { bytes: Buffer.alloc(4_096), used: 4_096 };

function hex(bytes: number): string {
  if (pool.used + bytes > pool.bytes.length) {
    randomFillSync(pool.bytes);
    pool.used = 0;
  }
  pool.used += bytes;
  return pool.bytes.toString('hex', pool.used - bytes, pool.used);
}
