// Which snapshots are still needed, by how far they and their jobs are.
import { expect, test } from 'vitest';
import type { SnapshotDocument } from '../platform/snapshot-store.ts';
import type { JobState } from '../schemas/job-status.ts';
import { isNeeded } from './retire-snapshots.ts';

const now = Date.UTC(2026, 0, 10);
const hour = 3_600_000;
const building: SnapshotDocument = {
  ...{ _id: 'one', collection: 'jobs_snapshot_1', at: '', types: null, begunAt: new Date(now - hour) },
  ...{ content: null, expiresAt: null },
};
const ready = (expiresAt: number): SnapshotDocument => ({
  ...building,
  content: { moment: 0, jobs: 1, begins: {}, ends: {} },
  expiresAt: new Date(expiresAt),
});

test.each<[string, SnapshotDocument, JobState | undefined, boolean]>([
  ['it is being built', building, 'running', true],
  ['its worker died, and it will be run again', building, 'queued', true],
  ['it is tried again', building, 'retrying', true],
  ['the read model does not know of its job yet', building, undefined, true],
  ['its job was cancelled', building, 'cancelled', false],
  ['its job has failed', building, 'failed', false],
  ['its job has ended with what another run has built', building, 'succeeded', false],
  ['nobody has ended it for days', { ...building, begunAt: new Date(now - 49 * hour) }, 'running', false],
  ['it can be read', ready(now + 1), 'succeeded', true],
  ['it can be read, and its end is not known yet', ready(now + 1), 'running', true],
  ['its time is over', ready(now), 'succeeded', false],
  ['it was cancelled in the moment in which it was built', ready(now + hour), 'cancelled', false],
])('%s', (_name, found, state, needed) => {
  expect(isNeeded(found, state && { state }, now)).toBe(needed);
});
