// Reads a stretch of one partition of the events, for a new owner: what is no event of ours is told and passed over.
// Takeover and the recovery of timers call it.
import type { KafkaCluster } from '../platform/cluster.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { JobEvent } from '../schemas/event.ts';
import type { Fence } from '../schemas/fence.ts';

export type ReadEventsTools = {
  cluster: Pick<KafkaCluster, 'fetch' | 'offsets'>;
  log: Logger;
  readEvent: (value: Buffer | null) => JobEvent | Promise<JobEvent>;
  readFence: (value: Buffer | null) => Fence | Promise<Fence>;
};

/** Each record from `start` to before `end`, in order. @throws whatever keeps Kafka from answering */
export async function eachRecord(
  { cluster }: ReadEventsTools,
  at: { topic: string; partition: number; start: number; end: number },
  visit: (record: FetchedRecord) => Promise<void>,
): Promise<void> {
  for (let offset = at.start; offset < at.end; ) {
    const { records, next } = await cluster.fetch(at.topic, at.partition, offset, 4 * 2 ** 20, 100);
    offset = next;
    for (const record of records) if (record.offset < at.end) await visit(record);
  }
}

/** Undefined, and told: the record is not what it says it is. */
export async function decoded<T>(
  { log }: ReadEventsTools,
  { value, offset }: FetchedRecord,
  read: (value: Buffer | null) => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await read(value);
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    log.error({ err: error, offset }, 'a record among the events is neither an event nor a fence; it is passed over');
    return undefined;
  }
}
