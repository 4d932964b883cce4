// What becomes of snapshots that nobody needs any more: those whose time is over, what is left of those whose job has come to nothing, and
// collections that nobody knows of, because whoever filled them was killed. Every projector looks, and whichever comes first drops them.
import type { Db } from 'mongodb';
import { findJobs } from '../platform/find-jobs.ts';
import type { ReadVersions } from '../platform/follow-read-model.ts';
import type { Logger } from '../platform/log.ts';
import {
  isReady,
  removeSnapshot,
  type SnapshotDocument,
  snapshotCollections,
  snapshotsIn,
} from '../platform/snapshot-store.ts';
import { isTerminal, type JobDocument, jobKey } from '../schemas/job-status.ts';
import { snapshotType } from '../schemas/own-types.ts';
import { dropVersion } from './drop-version.ts';

/** No run of a job lasts for longer than its timeout, which is a day; no retry comes much later (milliseconds). */
const longestBuilding = 2 * 86_400_000;

/** `job` as far as it is known; `now` in milliseconds since the epoch. */
export function isNeeded(found: SnapshotDocument, job: Pick<JobDocument, 'state'> | undefined, now: number): boolean {
  const hasEnded = job !== undefined && isTerminal(job.state);
  if (hasEnded && job.state !== 'succeeded') return false;
  if (isReady(found)) return found.expiresAt.getTime() > now;
  return !hasEnded && found.begunAt.getTime() + longestBuilding > now;
}

/** Looks once. @throws what MongoDB says */
export async function retireSnapshots({ db, versions, log }: { db: Db; versions: ReadVersions; log: Logger }) {
  // In this order: what is being built is named before it is there.
  const there = await snapshotCollections(db);
  const known = await snapshotsIn(db).find().toArray();
  if (there.size === 0 && known.length === 0) return;
  const named = new Set(known.map(({ collection }) => collection));
  for (const collection of there) {
    if (named.has(collection)) continue;
    await dropVersion(db, collection);
    log.info({ collection }, 'what was left of a snapshot was dropped');
  }
  const nameOf = ({ _id }: SnapshotDocument) => jobKey(snapshotType, _id);
  const jobs = await findJobs(await versions(), known.map(nameOf));
  for (const found of known) {
    if (isNeeded(found, jobs.get(nameOf(found)), Date.now())) continue;
    // It is gone for its readers before its collection is.
    if (!(await removeSnapshot(db, found))) continue;
    await dropVersion(db, found.collection);
    log.info({ snapshot: found._id }, 'a snapshot that nobody needs any more was dropped');
  }
}
