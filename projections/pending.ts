// What was read and is not in MongoDB yet: one document a job, however many records told of it, and the offsets that the
// read model has reached once they are written. No I/O.
import type { JobDocument } from '../schemas/job-status.ts';
import { merge } from './merge.ts';
import type { JobWrite } from './write-jobs.ts';

/** What one flush writes: the documents first, then `next`, topic → partition → first offset not covered. */
export type Flush = { writes: JobWrite[]; next: Map<string, Map<number, number>> };

export function createPending() {
  let writes = new Map<string, JobWrite>();
  let next = new Map<string, Map<number, number>>();
  return {
    get size() {
      return writes.size;
    },
    get dirty() {
      return next.size > 0;
    },
    add(document: JobDocument) {
      const fresh = document.eventOffset === -1;
      const there = writes.get(document._id);
      if (there === undefined) writes.set(document._id, { document, fresh });
      else {
        there.document = merge(there.document, document);
        there.fresh ||= fresh;
      }
    },
    reached(topic: string, partition: number, offset: number) {
      const partitions = next.get(topic) ?? new Map<number, number>();
      next.set(topic, partitions.set(partition, offset));
    },
    /** Hands everything over and begins anew. */
    drain(): Flush {
      const flush = { writes: [...writes.values()], next };
      writes = new Map();
      next = new Map();
      return flush;
    },
  };
}
