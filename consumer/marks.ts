// Keeps short what a later owner has to read. The checkpoint of a lane names the event from which on its outcomes stand: where nothing
// happens in it that is one of long ago, while the others of its partition record thousands, all of which a takeover would read
// for nothing. Its owner then appends its fence once more, as it would an outcome: whatever it records from now on stands behind it.
import type { LogWriter } from '../platform/log-writer.ts';
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

/** `marked` is told the first event behind the mark. One for each partition runner. */
export function createMarks(
  { group, worker, records, eventEnds }: MarksTools,
  { topic, partition }: { topic: string; partition: number },
  writer: () => LogWriter | undefined | Promise<LogWriter | undefined>,
  { marked, failed }: { marked: (end: number) => void; failed: (error: unknown) => void },
) {
  let marking = false;

  async function mark(owner: LogWriter) {
    const { producerId, producerEpoch } = owner.identity;
    const identity = ownerIdentity(group, topic, partition);
    const fence = records.fence({ identity, producerId, producerEpoch, worker, at: Date.now() }, partition);
    marked((await owner.append(fence)) + 1);
  }

  return {
    /** Called about once a second; `end` is behind the last event of this runner. */
    look(end: number) {
      if (marking || !eventEnds.isFar(partition, end)) return;
      const owner = writer();
      // While the identity is renewed there is a fence to come anyway.
      if (owner === undefined || owner instanceof Promise) return;
      marking = true;
      mark(owner)
        .catch(failed)
        .finally(() => {
          marking = false;
        });
    },
  };
}
