// What an owner appends for the one that will come after it: its fence once more, as it would an outcome. Whatever it records from now on
// stands behind it, so a lane in which nothing happens does not make a later owner read what the others of its partition record. And it
// names the commands in hand where they are too many for the metadata of a commit, which then names the mark.
import type { LogWriter } from '../platform/log-writer.ts';
import { type Checkpoint, checkpointMetadata, markedMetadata, undoneBytes } from '../schemas/checkpoint.ts';
import { ownerIdentity } from '../schemas/topics.ts';
import type { EventRecords } from './event-records.ts';

export type MarksTools = {
  group: string;
  worker: string;
  records: Pick<EventRecords, 'fence'>;
  eventEnds: EventEnds;
};

export type EventEnds = ReturnType<typeof createEventEnds>;

/** One for a worker: how far the partitions of the events are known to go. A hint: nothing is taken for done because of it. */
export function createEventEnds(far = 2_000) {
  const ends = new Map<number, number>();
  return {
    saw(partition: number, end: number) {
      if (end > (ends.get(partition) ?? 0)) ends.set(partition, end);
    },
    /** Is `from` that many events behind? */
    isFar: (partition: number, from: number): boolean => (ends.get(partition) ?? 0) - from >= far,
  };
}

/** How old what a mark names becomes at least before another is appended (milliseconds): it may be long. */
const nameAgainAfter = 5_000;

type Commit = { offset: string; metadata: string };

/** `marked` is told the first event behind the mark. One for each partition runner. */
export function createMarks(
  { group, worker, records, eventEnds }: MarksTools,
  { topic, partition }: { topic: string; partition: number },
  writer: () => LogWriter | undefined | Promise<LogWriter | undefined>,
  { marked, failed }: { marked: (end: number) => void; failed: (error: unknown) => void },
) {
  let marking = false;
  let named: Commit | undefined;
  let namedAt = Number.NEGATIVE_INFINITY;
  let term = 0;

  async function mark(owner: LogWriter, undone: Buffer | null): Promise<number> {
    const { producerId, producerEpoch } = owner.identity;
    const identity = ownerIdentity(group, topic, partition);
    const fence = records.fence({ identity, producerId, producerEpoch, worker, at: Date.now(), undone }, partition);
    const offset = await owner.append(fence);
    marked(offset + 1);
    return offset;
  }

  /** Unless one is under way, or the identity is renewed: there is a fence to come anyway. */
  function begin(undone: Buffer | null, done: (offset: number) => void) {
    const owner = writer();
    if (marking || owner === undefined || owner instanceof Promise) return;
    marking = true;
    mark(owner, undone)
      .then(done, failed)
      .finally(() => {
        marking = false;
      });
  }

  function name(checkpoint: Checkpoint) {
    const of = term;
    begin(undoneBytes(checkpoint.offset, checkpoint.undone), (offset) => {
      if (of === term) named = { offset: String(checkpoint.offset), metadata: markedMetadata(checkpoint, offset) };
    });
  }

  return {
    /** Called about once a second; `end` is behind the last event of this runner. */
    look(end: number) {
      if (eventEnds.isFar(partition, end)) begin(null, () => undefined);
    },

    /** What is to be committed of it. Where it does not fit: the one that the latest mark stands for; undefined: none yet. */
    commit(checkpoint: Checkpoint, now = performance.now()): Commit | undefined {
      const metadata = checkpointMetadata(checkpoint);
      if (metadata !== undefined) {
        // What was named for an earlier one would take this commit back.
        term++;
        named = undefined;
        return { offset: String(checkpoint.offset), metadata };
      }
      if (!marking && now - namedAt >= nameAgainAfter) {
        namedAt = now;
        name(checkpoint);
      }
      return named;
    },
  };
}
