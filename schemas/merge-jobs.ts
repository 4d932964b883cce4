// How commands and events become a job's status. Pure. Two documents of one job merge into the greater one under a total
// order, so the result is the same in whatever order, and however often, the records of the two topics arrive.
import type { JobDocument } from './job-status.ts';

/**
 * Does `b` say more than `a`? A later generation does; then a later event, for all events of a job stand in one
 * partition; then, of two commands that no event has decided between yet, the one nearer the front of the log.
 */
function isNewer(b: JobDocument, a: JobDocument): boolean {
  if (b.generation !== a.generation) return b.generation > a.generation;
  if (b.eventOffset !== a.eventOffset) return b.eventOffset > a.eventOffset;
  if (b.eventOffset !== -1) return false;
  if (b.command.topic !== a.command.topic) return b.command.topic < a.command.topic;
  if (b.command.partition !== a.command.partition) return b.command.partition < a.command.partition;
  return b.command.offset < a.command.offset;
}

export const merge = (a: JobDocument | undefined, b: JobDocument): JobDocument =>
  a === undefined || isNewer(b, a) ? b : a;
