// Lists jobs, newest first, a page at a time as they are read: `Link: rel="next"` (RFC 8288) leads from one to the next.
import type { JobState } from '../schemas/job-status.ts';
import { buildSnapshot } from './build-snapshot.ts';
import { instant } from './call-request.ts';
import type { Connection } from './connection.ts';
import type { JobStatus } from './job.ts';
import { nextQuery } from './next-page.ts';

export type JobFilter = {
  type?: string;
  state?: JobState | readonly JobState[];
  createdAfter?: Date | string;
  createdBefore?: Date | string;
  /** Ordering key. */
  key?: string;
  /** As they were then: a time that has passed, or a position of the log. A snapshot is built first, and kept for an hour. */
  at?: Date | string;
  /** As they were at the moment of a snapshot that is there. */
  snapshot?: string;
  /** How many in a page: 1 to 500. */
  pageSize?: number;
  signal?: AbortSignal;
};

function queryOf({ type, state, createdAfter, createdBefore, key, snapshot, pageSize }: JobFilter): string {
  const query = new URLSearchParams();
  if (type !== undefined) query.set('type', type);
  if (state !== undefined) query.set('state', [state].flat().join(','));
  if (createdAfter !== undefined) query.set('createdAfter', instant(createdAfter));
  if (createdBefore !== undefined) query.set('createdBefore', instant(createdBefore));
  if (key !== undefined) query.set('key', key);
  if (snapshot !== undefined) query.set('snapshot', snapshot);
  if (pageSize !== undefined) query.set('limit', String(pageSize));
  return query.size === 0 ? '' : `?${query}`;
}

/** Milliseconds: whoever has listed them will not come back for long. */
const keep = 3_600_000;

async function snapshotOf(
  connection: Connection,
  { type, at, snapshot, signal }: JobFilter,
): Promise<string | undefined> {
  if (at === undefined) return snapshot;
  if (snapshot !== undefined) throw new TypeError('give at or snapshot, not both');
  const types = type === undefined ? {} : { types: [type] };
  return (await buildSnapshot(connection, at, { ...types, keep, ...(signal && { signal }) })).snapshot;
}

/** @throws ProblemError, ConnectionError, TypeError, the signal's reason */
export async function* listJobs<R>(connection: Connection, filter: JobFilter = {}): AsyncGenerator<JobStatus<R>> {
  const { ask } = connection;
  const { signal } = filter;
  const snapshot = await snapshotOf(connection, filter);
  let query: string | undefined = queryOf({ ...filter, ...(snapshot !== undefined && { snapshot }) });
  while (query !== undefined) {
    const { body, headers } = await ask({ method: 'GET', path: `jobs${query}`, repeatable: 'always', signal });
    const { jobs } = body as { jobs: JobStatus<R>[] };
    yield* jobs;
    query = nextQuery(headers);
  }
}
