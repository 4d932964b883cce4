// Taking a partition of commands over: a new epoch of its identity, a fence record behind which no earlier owner can
// write, then what the log says is done. Called when a partition arrives, and whenever its writer was fenced and the
// partition is still ours. The order of the steps is the promise: read only what can no longer change.
import type { FetchedRecord, KafkaCluster } from '../platform/cluster.ts';
import type { Logger } from '../platform/log.ts';
import { type LogWriter, openLogWriter } from '../platform/log-writer.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { JobEvent } from '../schemas/event.ts';
import { fenceEventType } from '../schemas/fence.ts';
import { ownerIdentity } from '../schemas/topics.ts';
import type { EventRecords } from './event-records.ts';
import { type Checkpoint, readCheckpoint } from './in-hand.ts';

export type Ownership = {
  writer: LogWriter;
  /** Unique to this term: claims made in it carry the name. */
  owner: string;
  /** First offset to read; `isDone` tells what to skip from there. */
  from: number;
  isDone: (offset: number) => boolean;
  /** Offset of the fence record in the partition of the events topic. */
  fence: number;
};

export type TakeOverTools = {
  cluster: KafkaCluster;
  log: Logger;
  group: string;
  worker: string;
  records: EventRecords;
  readEvent: (value: Buffer | null) => JobEvent | Promise<JobEvent>;
  /** What runs in the whole worker: when it is much, small batches would cost more than a few milliseconds. */
  load: { active: number };
};

/** Jobs at once from which on a worker gathers, before it fetches and before it appends; for how many milliseconds. */
export const gather = { from: 12, ms: 20 };

/** @throws whatever keeps Kafka or the registry from answering; nothing was lost, try the whole again. */
export async function takeOver(
  tools: TakeOverTools,
  { topic, partition }: { topic: string; partition: number },
  onFailure: (error: Error) => void,
): Promise<Ownership> {
  const { cluster, log, group, worker, records, load } = tools;
  const identity = ownerIdentity(group, topic, partition);
  const writer = await openLogWriter({
    ...{ cluster, log, identity, onFailure },
    // Until the next of the moments at which all writers of the process send, so that they share a request.
    linger: () => (load.active >= gather.from ? gather.ms - (performance.now() % gather.ms) : 0),
    maxRecords: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
  });
  try {
    const fence = await writer.append(
      records.fence({ identity, ...writer.identity, worker, at: Date.now() }, partition),
    );
    const committed = await cluster.committed(group, topic, partition);
    const [earliest, first] = await earliestOf(tools, topic, partition);
    const checkpoint = committed && readCheckpoint(committed.offset, committed.metadata);
    const from = Math.max(checkpoint?.offset ?? 0, earliest);
    const recorded = await outcomesBetween(
      tools,
      { topic, partition },
      Math.max(checkpoint?.eventsFrom ?? 0, first),
      fence,
    );
    const owner = `${identity}#${writer.identity.producerId}.${writer.identity.producerEpoch}`;
    return { writer, owner, from, fence, isDone: doneTest(checkpoint, recorded) };
  } catch (error) {
    await writer.close(0);
    throw error;
  }
}

const doneTest = (checkpoint: Checkpoint | undefined, recorded: Set<number>) => {
  const undone = new Set(checkpoint?.undone);
  const next = checkpoint?.next ?? 0;
  return (offset: number) => recorded.has(offset) || (offset < next && !undone.has(offset));
};

/** The first offsets that are kept, of the commands and of the events: retention may have dropped what came before. */
async function earliestOf({ cluster, records }: TakeOverTools, topic: string, partition: number) {
  const offsets = await cluster.offsets([topic, records.topic], 'earliest');
  return [offsets.get(topic)?.[partition] ?? 0, offsets.get(records.topic)?.[partition] ?? 0] as const;
}

/** Offsets of the topic's commands that have an outcome in the events from `start` up to the fence. */
async function outcomesBetween(
  tools: TakeOverTools,
  { topic, partition }: { topic: string; partition: number },
  start: number,
  fence: number,
): Promise<Set<number>> {
  const done = new Set<number>();
  for (let offset = start; offset < fence; ) {
    const { records } = await tools.cluster.fetch(tools.records.topic, partition, offset, 4 * 2 ** 20, 100);
    for (const record of records) {
      offset = record.offset + 1;
      if (record.offset >= fence) break;
      const event = await eventOf(tools, record);
      if (event?.command.topic === topic && event.kind !== 'started' && event.kind !== 'progressed')
        done.add(event.command.offset);
    }
  }
  return done;
}

async function eventOf({ readEvent, log }: TakeOverTools, record: FetchedRecord): Promise<JobEvent | undefined> {
  if (String(record.headers.ce_type) === fenceEventType) return undefined;
  try {
    return await readEvent(record.value);
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    log.error({ err: error, offset: record.offset }, 'a record among the events is not an event; it is passed over');
    return undefined;
  }
}
