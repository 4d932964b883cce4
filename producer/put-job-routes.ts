// PUT /jobs/{type}/{id}: one route for each job type, so that the router finds the type and its schema is compiled once.
// Checked in this order: type, id, content type, size, JSON, schema, query, condition. Then the log has the word.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { isTerminal } from '../schemas/job-status.ts';
import { jobStatusBody, jobStatusLink } from '../schemas/job-status-body.ts';
import { isOwnType } from '../schemas/own-types.ts';
import { PutlogError } from '../schemas/problem.ts';
import { createValueCheck, refusePayload } from '../schemas/value-check.ts';
import { describePut } from './api-description.ts';
import { checkId, refuseEncoded, type WithId } from './check-id.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { nearNames } from './near-names.ts';
import { laneOfPriority } from './priority.ts';
import { type BodyLimits, createJsonBodyReader } from './read-json-body.ts';
import type { Submit } from './submit.ts';
import { submitQueryOf } from './submit-query.ts';

export const statusType = 'application/json; charset=utf-8';

/** W3C trace context, version 00; anything else is left out, as its §3.2 asks. */
const trace = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function traceparentOf({ headers }: FastifyRequest): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' && trace.test(traceparent) ? traceparent : undefined;
}

/** @throws PutlogError malformed-request */
export function mustBeNew({ headers }: FastifyRequest): boolean {
  const condition = headers['if-none-match'];
  if (condition === undefined) return false;
  if (condition.trim() === '*') return true;
  throw new PutlogError('malformed-request', 'the only condition that a submit understands is If-None-Match: *');
}

function submitHandler(job: JobDefinition, submit: Submit, followUps: FollowUpReaders) {
  const { type } = job;
  const check = createValueCheck(job.payload);
  return async (request: FastifyRequest<WithId>, reply: FastifyReply): Promise<FastifyReply> => {
    const { id } = request.params;
    const payload = request.body;
    if (payload === undefined) throw new PutlogError('malformed-json', 'the body is empty; send a JSON value');
    const violations = check(payload);
    if (violations.length > 0) refusePayload(violations);
    const { known, job: status } = await submit({
      job,
      id,
      payload,
      ...submitQueryOf(request.url, { now: Date.now(), self: { type, id }, followUps }),
      traceparent: traceparentOf(request),
      mustBeNew: mustBeNew(request),
      lane: laneOfPriority(request.headers.priority),
    });
    reply.code(known ? 200 : 202).header('content-type', statusType);
    if (!known) reply.header('location', jobStatusLink(type, id));
    if (!isTerminal(status.state)) reply.header('retry-after', '1');
    return reply.send(jobStatusBody(status));
  };
}

export const unknownJobType = (type: string, jobs: ReadonlyMap<string, LoadedJob>): PutlogError => {
  const near = nearNames(type, jobs.keys());
  const hint = near.length === 0 ? `there are: ${[...jobs.keys()].sort().join(', ')}` : `near: ${near.join(', ')}`;
  return new PutlogError('unknown-job-type', `there is no job type "${type}"; ${hint}`);
};

/** A plugin of fastify: only the routes in it read JSON. */
export const putJobRoutes =
  (options: { jobs: ReadonlyMap<string, LoadedJob>; submit: Submit; limits: BodyLimits; followUps: FollowUpReaders }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    const { jobs, submit, limits, followUps } = options;
    const readJsonBody = createJsonBodyReader(limits);
    app.addContentTypeParser('application/json', readJsonBody);
    app.addContentTypeParser(/^application\/[\w.+-]+\+json\b/, readJsonBody);

    for (const { definition } of jobs.values()) {
      if (isOwnType(definition.type)) continue;
      app.put<WithId>(`/jobs/${definition.type}/:id`, {
        config: describePut(definition),
        onRequest: [checkId, refuseEncoded],
        handler: submitHandler(definition, submit, followUps),
      });
    }

    const refuse = (
      request: FastifyRequest<{ Params: { type: string } }>,
      reply: FastifyReply,
      next: (e: Error) => void,
    ) => {
      const { type } = request.params;
      if (!jobs.has(type)) return next(unknownJobType(type, jobs));
      reply.header('allow', 'DELETE, GET, HEAD');
      next(
        new PutlogError('method-not-allowed', `jobs of ${type} are Putlog's own; ask for one with callback or notify`),
      );
    };
    app.put<{ Params: { type: string } }>('/jobs/:type/:id', { onRequest: refuse, handler: () => undefined });
    done();
  };
