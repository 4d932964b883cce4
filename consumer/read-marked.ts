// The checkpoint that an earlier owner has committed, whole: where it had too many commands in hand for the metadata of a commit, the mark
// that it names is read. Without the mark nothing is taken for done that the events do not say. Takeover calls it.
import { headerOf } from '../platform/batch-record.ts';
import { isGone } from '../platform/cluster.ts';
import { type Checkpoint, readCheckpoint, undoneOf, unknownAbove } from '../schemas/checkpoint.ts';
import { fenceEventType } from '../schemas/fence.ts';
import type { EventRecords } from './event-records.ts';
import { decoded, type ReadEventsTools } from './read-events.ts';

export type ReadMarkedTools = ReadEventsTools & { records: Pick<EventRecords, 'topic'> };

/** @throws whatever keeps Kafka from answering */
export async function readMarked(
  tools: ReadMarkedTools,
  place: { topic: string; partition: number },
  committed: { offset: number; metadata: string },
): Promise<Checkpoint> {
  const { offset, metadata } = committed;
  const { mark, ...checkpoint } = readCheckpoint(offset, metadata);
  if (mark === undefined) return checkpoint;
  const undone = await undoneAt(tools, place.partition, mark.at);
  if (undone !== undefined) return { ...checkpoint, undone: undoneOf(offset, undone) };
  tools.log.error(
    { ...place, events: tools.records.topic, mark: mark.at },
    'the mark is gone that says which commands are not done: all events are read again. Keep events for longer than any' +
      ' backlog (PUTLOG_EVENT_RETENTION_MS; -1 for ever)',
  );
  const { producerId } = checkpoint;
  return { ...unknownAbove(offset), ...(producerId !== undefined && { producerId }) };
}

/** Undefined: there is no mark at this offset any more. */
async function undoneAt(tools: ReadMarkedTools, partition: number, at: number): Promise<Buffer | undefined> {
  const fetched = tools.cluster.fetch(tools.records.topic, partition, at, 1, 100);
  const { records } = await fetched.catch((error) => {
    if (isGone(error)) return { records: [] };
    throw error;
  });
  const [record] = records;
  if (record?.offset !== at || headerOf(record, 'ce_type') !== fenceEventType) return undefined;
  return (await decoded(tools, record, tools.readFence))?.undone ?? undefined;
}
