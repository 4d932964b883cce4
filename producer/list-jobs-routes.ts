// GET /jobs: a page of jobs, newest first, each as its own GET would tell it; of now, or of a snapshot.
import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { isTypeName } from '../schemas/define-job.ts';
import { isJobId } from '../schemas/job-id.ts';
import { type JobState, jobStates } from '../schemas/job-status.ts';
import { jobStatusBody } from '../schemas/job-status-body.ts';
import { PutlogError } from '../schemas/problem.ts';
import { statusType } from './answer-submit.ts';
import { touchable } from './caller.ts';
import { describeList } from './describe-list.ts';
import { assertCondition } from './entity-tag.ts';
import { cursorText, readCursor } from './list-cursor.ts';
import type { JobFilter, ListJobs } from './list-jobs.ts';
import { dateTime, parametersOf, refuseQuery, wholeNumber } from './query-values.ts';
import { findSnapshot } from './snapshot-routes.ts';
import type { Snapshots } from './snapshots.ts';
import { isOrderingKey, orderingKeyRule } from './submit-query.ts';

/** `snapshot` is its name, `type` what is asked for by that parameter. */
type Query = { filter: JobFilter; limit: number; cursor?: string; snapshot?: string; type?: string };

const known = ['type', 'state', 'createdAfter', 'createdBefore', 'key', 'snapshot', 'limit', 'cursor'];

function statesOf(value: string): JobState[] {
  return value.split(',').map((name) => {
    const state = jobStates.find((one) => one === name);
    if (state === undefined) throw refuseQuery(`"state" must be one or more of ${jobStates.join(',')}`);
    return state;
  });
}

/** @throws PutlogError malformed-request */
function queryOf(url: string, allowed: readonly string[] | undefined): Query {
  const filter: JobFilter = { ...(allowed !== undefined && { types: allowed }) };
  const query: Query = { filter, limit: 50 };
  for (const [name, value] of parametersOf(url, known)) {
    if (name === 'limit') query.limit = wholeNumber(name, value, 1, 500);
    else if (name === 'cursor') query.cursor = value;
    else if (name === 'snapshot') {
      if (!isJobId(value)) throw refuseQuery('"snapshot" must be the id of a job of putlog.snapshot');
      query.snapshot = value;
    } else if (name === 'state') filter.states = statesOf(value);
    else if (name === 'createdAfter' || name === 'createdBefore') filter[name] = dateTime(name, value);
    else if (name === 'key') {
      if (!isOrderingKey(value)) throw refuseQuery(`"key" ${orderingKeyRule}`);
      filter.key = value;
    } else {
      if (!isTypeName(value)) throw refuseQuery('"type" must be a dotted name in lower case, such as image.thumbnail');
      filter.types = [value];
      query.type = value;
    }
  }
  return query;
}

/** The same question from behind the last job of a page. */
function nextLink(url: string, cursor: string): string {
  const query = new URLSearchParams(url.split('?')[1]);
  query.set('cursor', cursor);
  return `/jobs?${query}`;
}

export type ListJobsDependencies = {
  jobs: ReadonlyMap<string, LoadedJob>;
  listJobs: ListJobs;
  snapshots: Pick<Snapshots, 'find'>;
};

export const listJobsRoutes =
  ({ jobs, listJobs, snapshots }: ListJobsDependencies) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    /** @returns the name of its collection. @throws PutlogError as `find` does, malformed-request */
    async function collectionOf(snapshot: string, type: string | undefined, reply: FastifyReply): Promise<string> {
      const { types, collection } = await findSnapshot(snapshots, snapshot, reply);
      // To say that there were none then would be wrong.
      if (type !== undefined && types?.includes(type) === false)
        throw refuseQuery(`"type" must be one that the snapshot ${snapshot} was built of: ${types.join(', ')}`);
      return collection;
    }

    app.get('/jobs', { config: describeList }, async (request, reply) => {
      const { filter, limit, cursor, snapshot, type } = queryOf(request.url, touchable(request, jobs.keys()));
      if (snapshot !== undefined) filter.snapshot = await collectionOf(snapshot, type, reply);
      const behind = cursor === undefined ? undefined : readCursor(cursor, filter);
      const { jobs: page, next } = await listJobs(filter, limit, behind);
      // Dropped meanwhile, it would look as if there had been none.
      if (snapshot !== undefined && (await collectionOf(snapshot, type, reply)) !== filter.snapshot)
        throw new PutlogError('snapshot-gone', `the snapshot ${snapshot} was deleted, and another is there by now`);
      const link = next && nextLink(request.url, cursorText(next, filter));
      if (link !== undefined) reply.header('link', `<${link}>; rel="next"`);
      const more = link === undefined ? '' : `,"next":${JSON.stringify(link)}`;
      const body = `{"jobs":[${page.map(jobStatusBody).join(',')}]${more}}`;
      const tag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
      reply.header('etag', tag).header('cache-control', 'no-cache');
      if (assertCondition(request, tag, 'this page') === 'unchanged') return reply.code(304).send();
      return reply.header('content-type', statusType).send(body);
    });
    done();
  };
