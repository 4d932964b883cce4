// The life of a job: which events may come in which state, and the state after each. The projections derive the state from it,
// docs/job-life.md draws it, and the fault suite holds every history of a run against it.
import type { EventKind } from './event.ts';
import type { JobState } from './job-status.ts';

/** An event that tells of a job. `rejected` is about a command that is not the job's. */
export type LifeEvent = Exclude<EventKind, 'rejected'>;

export const stateAfter: Readonly<Record<LifeEvent, JobState>> = {
  scheduled: 'scheduled',
  started: 'running',
  progressed: 'running',
  succeeded: 'succeeded',
  retrying: 'retrying',
  failed: 'failed',
  cancelled: 'cancelled',
  dead: 'failed',
};

/** A short attempt is not announced: its end follows at once. */
const attempt: readonly LifeEvent[] = ['started', 'retrying', 'succeeded', 'failed', 'dead', 'cancelled'];

/** A job begins as `queued`, or as `scheduled` where it is due later. Nothing follows an end, but another generation. */
export const transitions: Readonly<Record<JobState, readonly LifeEvent[]>> = {
  queued: attempt,
  scheduled: ['scheduled', ...attempt],
  running: ['progressed', ...attempt],
  retrying: attempt,
  succeeded: [],
  failed: [],
  cancelled: [],
};
