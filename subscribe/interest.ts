// Which records of the events a subscriber asked for, told by their headers alone, so that what nobody wants needs no decoding. Pure;
// what reads a partition asks it of each record.
import { headerOf } from '../platform/batch-record.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { fenceEventType } from '../schemas/fence.ts';

/** Undefined: all of them. */
export type Interest = { types: ReadonlySet<string> | undefined; kinds: ReadonlySet<string> | undefined };

const typePrefix = 'putlog.job.';

/**
 * `wanted`: an event that was asked for, or a batch that nobody can open, of which nobody can say that it was not. `other`: a fence, or
 * an event that was not asked for. `foreign`: no record of Putlog's.
 */
export function relevanceOf(record: FetchedRecord, { types, kinds }: Interest) {
  if (record.unreadable !== undefined) return 'wanted';
  const about = headerOf(record, 'ce_type') ?? '';
  if (about === fenceEventType) return 'other';
  if (!about.startsWith(typePrefix)) return 'foreign';
  if (kinds !== undefined && !kinds.has(about.slice(typePrefix.length))) return 'other';
  if (types === undefined) return 'wanted';
  const subject = headerOf(record, 'ce_subject') ?? '';
  // A type's name has no slash.
  return types.has(subject.slice(0, Math.max(subject.indexOf('/'), 0))) ? 'wanted' : 'other';
}
