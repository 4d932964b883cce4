// Lists jobs, newest first, a page at a time as they are read: `Link: rel="next"` (RFC 8288) leads from one to the next.
import type { JobState } from '../schemas/job-status.ts';
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
  /** How many in a page: 1 to 500. */
  pageSize?: number;
  signal?: AbortSignal;
};

function queryOf({ type, state, createdAfter, createdBefore, key, pageSize }: JobFilter): string {
  const query = new URLSearchParams();
  if (type !== undefined) query.set('type', type);
  if (state !== undefined) query.set('state', [state].flat().join(','));
  if (createdAfter !== undefined) query.set('createdAfter', instant(createdAfter));
  if (createdBefore !== undefined) query.set('createdBefore', instant(createdBefore));
  if (key !== undefined) query.set('key', key);
  if (pageSize !== undefined) query.set('limit', String(pageSize));
  return query.size === 0 ? '' : `?${query}`;
}

/** @throws ProblemError, ConnectionError, the signal's reason */
export async function* listJobs<R>({ ask }: Connection, filter: JobFilter = {}): AsyncGenerator<JobStatus<R>> {
  const { signal } = filter;
  let query: string | undefined = queryOf(filter);
  while (query !== undefined) {
    const { body, headers } = await ask({ method: 'GET', path: `jobs${query}`, repeatable: 'always', signal });
    const { jobs } = body as { jobs: JobStatus<R>[] };
    yield* jobs;
    query = nextQuery(headers);
  }
}
