// Taking a partition of commands over: a new epoch of its identity, a fence record behind which no earlier owner can
// write, then what the log says is done. Called when a partition arrives, and whenever its writer was fenced and the
// partition is still ours. The order of the steps is the promise: read only what can no longer change.
import { setTimeout as delay } from 'node:timers/promises';
import { headerOf } from '../platform/batch-record.ts';
import type { KafkaCluster } from '../platform/cluster.ts';
import { type LogWriter, openLogWriter } from '../platform/log-writer.ts';
import type { Checkpoint } from '../schemas/checkpoint.ts';
import { fenceEventType } from '../schemas/fence.ts';
import { ownerIdentity } from '../schemas/topics.ts';
import { deletedUnrun, tellDeletedCommands, tellDeletedEvents } from './deleted-commands.ts';
import type { EventRecords } from './event-records.ts';
import { decoded, eachRecord, type ReadEventsTools } from './read-events.ts';
import { readMarked } from './read-marked.ts';

export type Ownership = {
  writer: LogWriter;
  /** Unique to this term: claims made in it carry the name. */
  owner: string;
  /** First offset to read; `isDone` tells what to skip from there. */
  from: number;
  isDone: (offset: number) => boolean;
  /** Until all below it have been passed, what `isDone` knows is nowhere but here: an earlier checkpoint must stand. */
  horizon: number;
  /** Offset of the fence record in the partition of the events topic. */
  fence: number;
  /** Commands that run again in their place: the next attempt, when it is due, and the event that first said so. */
  again: Map<number, { attempt: number; dueAt: number; first: number }>;
  /** Events from here to the fence may tell of timers that are not kept yet. */
  eventsFrom: number;
  /** Says what was deleted before it ran: of a partition that comes, not of one that stays. */
  tellDeleted: () => void;
};

export type TakeOverTools = ReadEventsTools & {
  cluster: KafkaCluster;
  group: string;
  worker: string;
  records: EventRecords;
  sessionTimeoutMs: number;
  /** How often this process was out of touch with its group for longer than a session; it grows as long as it is. */
  pauses: () => number;
  /** Told by the worker group whenever the group has answered: how many milliseconds ago it was asked. */
  answered: (ms: number) => void;
  /** What runs in the whole worker: when it is much, small batches would cost more than a few milliseconds. */
  load: { active: number };
};

/** Jobs at once from which on a worker gathers, before it fetches and before it appends; for how many milliseconds. */
export const gather = { from: 12, ms: 20 };

/** @throws whatever keeps Kafka or the registry from answering; nothing was lost, try the whole again. */
export async function takeOver(
  tools: TakeOverTools,
  place: { topic: string; partition: number },
  onFailure: (error: Error) => void,
  givenUp = () => false,
): Promise<Ownership> {
  const { cluster, log, group, worker, records, load, pauses } = tools;
  const { topic, partition } = place;
  const identity = ownerIdentity(group, topic, partition);
  const pausesBefore = pauses();
  const writer = await openLogWriter({
    ...{ cluster, log, identity, onFailure },
    // Until the next of the moments at which all writers of the process send, so that they share a request.
    linger: () => (load.active >= gather.from ? gather.ms - (performance.now() % gather.ms) : 0),
    mayAppend: () => pauses() === pausesBefore,
    maxRecords: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
  });
  const { producerId, producerEpoch } = writer.identity;
  const appendFence = () =>
    writer.append(
      records.fence({ identity, producerId, producerEpoch, worker, at: Date.now(), undone: null }, partition),
    );

  /** What the log says up to a fence of ours: behind it nothing of an earlier owner can stand. */
  async function readTo(fence: number) {
    const committed = await cluster.committed(group, topic, partition);
    const [earliest, first] = await earliestOf(tools, topic, partition);
    const checkpoint = committed && (await readMarked(tools, place, committed));
    const from = Math.max(checkpoint?.offset ?? 0, earliest);
    const unknown = checkpoint?.eventsFrom ?? 0;
    const end = () => endOf(tools, topic, partition);
    // A lane that was never used: no outcome can be of it, and the events may be many.
    const unused = committed === undefined && (await end()) === 0;
    const start = unused ? fence : Math.max(unknown, first);
    const { recorded, owners, again } = await readEvents(tools, place, identity, start, fence);
    if (checkpoint?.producerId !== undefined) owners.add(checkpoint.producerId);
    owners.delete(producerId);
    let horizon = checkpoint?.next ?? 0;
    for (const offset of recorded) horizon = Math.max(horizon, offset + 1);
    const isDone = doneTest(checkpoint, recorded);
    const waiting = first > unknown && from < (await end());
    const tellDeleted = () => {
      const gone = deletedUnrun(checkpoint?.offset ?? 0, earliest, { isDone, horizon });
      tellDeletedCommands(log, place, earliest, gone);
      if (waiting) tellDeletedEvents(log, place, { events: records.topic, first: unknown, last: first - 1, from });
    };
    return { from, horizon, isDone, again, eventsFrom: start, unfenced: [...owners], tellDeleted };
  }

  try {
    let fence = await appendFence();
    let read = await readTo(fence);
    if (read.unfenced.length > 0) {
      await waitForUnfenced(tools, place, read.unfenced, producerId);
      if (givenUp()) throw new Error('the takeover was given up while it waited');
      fence = await appendFence();
      read = await readTo(fence);
    }
    const owner = `${identity}#${producerId}.${producerEpoch}`;
    const { unfenced: _, ...known } = read;
    return { writer, owner, fence, ...known };
  } catch (error) {
    await writer.close(0);
    throw error;
  }
}

/**
 * Kafka has forgotten the identity of an earlier owner, so its epoch fences nobody. Every fence since the checkpoint counts: one
 * of our own may stand behind it from a takeover that did not come to its end, and did not wait. An owner that is alive has lost the
 * partition and knows it; one that was stopped finds that out before it writes. Both within a session.
 */
async function waitForUnfenced(
  { log, sessionTimeoutMs }: TakeOverTools,
  place: { topic: string; partition: number },
  earlier: string[],
  producerId: string,
) {
  const waitMs = Math.ceil(sessionTimeoutMs * 1.5);
  log.error(
    { ...place, earlier, producerId, waitMs },
    'the partition was owned under another producer id, which cannot be fenced: waiting until its owner must have noticed.' +
      ' Kafka forgets an identity after transactional.id.expiration.ms; it must be much longer than an hour',
  );
  await delay(waitMs, undefined, { ref: false });
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

async function endOf({ cluster }: TakeOverTools, topic: string, partition: number): Promise<number> {
  return (await cluster.offsets([topic], 'latest')).get(topic)?.[partition] ?? 0;
}

/**
 * The events from `start` up to the fence: offsets of the topic's commands that have an outcome, those that run again in their
 * place, and the producer ids under which the partition was owned.
 */
async function readEvents(
  tools: TakeOverTools,
  { topic, partition }: { topic: string; partition: number },
  identity: string,
  start: number,
  fence: number,
) {
  const recorded = new Set<number>();
  const owners = new Set<string>();
  const again: Ownership['again'] = new Map();
  await eachRecord(tools, { topic: tools.records.topic, partition, start, end: fence }, async (record) => {
    if (headerOf(record, 'ce_type') === fenceEventType) {
      const found = await decoded(tools, record, tools.readFence);
      if (found?.identity === identity) owners.add(found.producerId);
      return;
    }
    const event = await decoded(tools, record, tools.readEvent);
    if (event?.command.topic !== topic || event.kind === 'started' || event.kind === 'progressed') return;
    const { offset } = event.command;
    const first = again.get(offset)?.first ?? record.offset;
    if (event.inPlace) again.set(offset, { attempt: event.attempt + 1, dueAt: event.dueAt ?? 0, first });
    else recorded.add(offset);
  });
  for (const offset of recorded) again.delete(offset);
  return { recorded, owners, again };
}
