// GET /jobs: a page of jobs, newest first, each as its own GET would tell it.
import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { isTypeName } from '../schemas/define-job.ts';
import { type JobState, jobStates } from '../schemas/job-status.ts';
import { jobStatusBody } from '../schemas/job-status-body.ts';
import { statusType } from './answer-submit.ts';
import { touchable } from './caller.ts';
import { describeList } from './describe-list.ts';
import { assertCondition } from './entity-tag.ts';
import { cursorText, readCursor } from './list-cursor.ts';
import type { JobCursor, JobFilter, ListJobs } from './list-jobs.ts';
import { dateTime, parametersOf, refuseQuery, wholeNumber } from './query-values.ts';
import { isOrderingKey, orderingKeyRule } from './submit-query.ts';

type Query = { filter: JobFilter; limit: number; behind: JobCursor | undefined };

const known = ['type', 'state', 'createdAfter', 'createdBefore', 'key', 'limit', 'cursor'];

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
  let limit = 50;
  let cursor: string | undefined;
  for (const [name, value] of parametersOf(url, known)) {
    if (name === 'limit') limit = wholeNumber(name, value, 1, 500);
    else if (name === 'cursor') cursor = value;
    else if (name === 'state') filter.states = statesOf(value);
    else if (name === 'createdAfter' || name === 'createdBefore') filter[name] = dateTime(name, value);
    else if (name === 'key') {
      if (!isOrderingKey(value)) throw refuseQuery(`"key" ${orderingKeyRule}`);
      filter.key = value;
    } else {
      if (!isTypeName(value)) throw refuseQuery('"type" must be a dotted name in lower case, such as image.thumbnail');
      filter.types = [value];
    }
  }
  return { filter, limit, behind: cursor === undefined ? undefined : readCursor(cursor, filter) };
}

/** The same question from behind the last job of a page. */
function nextLink(url: string, cursor: string): string {
  const query = new URLSearchParams(url.split('?')[1]);
  query.set('cursor', cursor);
  return `/jobs?${query}`;
}

export const listJobsRoutes =
  ({ jobs, listJobs }: { jobs: ReadonlyMap<string, LoadedJob>; listJobs: ListJobs }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get('/jobs', { config: describeList }, async (request, reply) => {
      const { filter, limit, behind } = queryOf(request.url, touchable(request, jobs.keys()));
      const { jobs: page, next } = await listJobs(filter, limit, behind);
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
