// What was read and is not in MongoDB yet: one document a job, however many records told of it, and the offsets that the
// read model has reached once they are written. No I/O.
import type { JobDocument } from '../schemas/job-status.ts';
import { merge } from '../schemas/merge-jobs.ts';
import type { DeadLetterPart } from './dead-letters.ts';
import type { JobWrite } from './write-jobs.ts';

/** What one flush writes: the documents first, then `next`, topic → partition → first offset not covered. */
export type Flush = { writes: JobWrite[]; dead: DeadLetterPart[]; next: Map<string, Map<number, number>> };

/** `since` on the monotonic clock, in milliseconds. */
type Entry = JobWrite & { since: number };

/** Characters of what a function wrote: all that can be large in a document. */
const textOf = ({ result, error, progress }: JobDocument): number =>
  (result?.length ?? 0) + (error?.length ?? 0) + (progress?.length ?? 0);

export function createPending() {
  let entries = new Map<string, Entry>();
  let next: Flush['next'] = new Map();
  let dead = new Map<string, DeadLetterPart>();
  let text = 0;
  /** Resolved once something has come, since the last flush, that need not wait for an event. */
  let more = Promise.withResolvers<void>();

  /** As far as `next` goes without passing a command whose document is held back; the rest stays for a later flush. */
  function covered(held: Iterable<Entry>): Flush['next'] {
    const covers = next;
    next = new Map();
    for (const { document } of held) {
      const { topic, partition, offset } = document.command;
      const reached = covers.get(topic)?.get(partition);
      if (reached === undefined || reached <= offset) continue;
      covers.get(topic)?.set(partition, offset);
      const rest = next.get(topic) ?? new Map<number, number>();
      next.set(topic, rest.set(partition, Math.max(reached, rest.get(partition) ?? 0)));
    }
    return covers;
  }

  return {
    get size() {
      return entries.size;
    },
    /** Characters of results, errors and progress in all documents. */
    get text() {
      return text;
    },
    get dirty() {
      return next.size > 0 || entries.size > 0 || dead.size > 0;
    },
    /** Resolves once there is more than calls of which only the command is known; at once where there are none of them. */
    async untilMore(): Promise<void> {
      if (entries.size > 0) await more.promise;
    },
    add(document: JobDocument) {
      const fresh = document.eventOffset === -1;
      if (!fresh) more.resolve();
      const there = entries.get(document._id);
      if (there === undefined) {
        entries.set(document._id, { document, fresh, since: performance.now() });
        text += textOf(document);
      } else {
        text -= textOf(there.document);
        there.document = merge(there.document, document);
        there.fresh ||= fresh;
        text += textOf(there.document);
      }
    },
    /** What a record tells of a dead letter, beside what it tells of a job. */
    addDead(part: DeadLetterPart) {
      dead.set(part._id, { ...dead.get(part._id), ...part });
      more.resolve();
    },
    reached(topic: string, partition: number, offset: number) {
      const partitions = next.get(topic) ?? new Map<number, number>();
      next.set(topic, partitions.set(partition, offset));
    },
    /**
     * Hands over and begins anew. Calls of which only the command is known stay up to `holdMs` milliseconds: when their
     * event comes meanwhile, the two are one insert and not an insert and an update.
     */
    drain(holdMs = 0): Flush {
      const heldSince = performance.now() - holdMs;
      const held = new Map<string, Entry>();
      const writes: JobWrite[] = [];
      for (const [id, entry] of entries) {
        const { document, fresh, since } = entry;
        if (document.eventOffset === -1 && since > heldSince) held.set(id, entry);
        else writes.push({ document, fresh });
      }
      entries = held;
      more = Promise.withResolvers();
      const flush = { writes, dead: [...dead.values()], next: covered(held.values()) };
      dead = new Map();
      // Of what is held back only the command is known.
      text = 0;
      return flush;
    },
  };
}
