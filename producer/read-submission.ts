// From a request to a checked call, the same for every route that submits one job: its body is the payload, its query and its
// header fields say how it is to be run. Throws before anything reaches the log.
import type { FastifyRequest } from 'fastify';
import type { JobDefinition } from '../schemas/define-job.ts';
import { PutlogError } from '../schemas/problem.ts';
import { refusePayload } from '../schemas/value-check.ts';
import { callerName } from './caller.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { createPayloadCheck } from './payload-check.ts';
import { laneOfPriority } from './priority.ts';
import type { Submission } from './submit.ts';
import { submitQueryOf } from './submit-query.ts';

/** W3C trace context, version 00; anything else is left out, as its §3.2 asks. */
const trace = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function traceparentOf({ headers }: FastifyRequest): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' && trace.test(traceparent) ? traceparent : undefined;
}

/** @throws PutlogError malformed-request */
export function mustBeNew({ headers }: FastifyRequest): boolean {
  const { 'if-none-match': condition, 'if-match': other } = headers;
  if (condition === undefined && other === undefined) return false;
  if (condition?.trim() === '*' && other === undefined) return true;
  throw new PutlogError('malformed-request', 'the only condition that a submit understands is If-None-Match: *');
}

/** @returns reads a request under an id. @throws PutlogError malformed-json, invalid-payload, malformed-request, … */
export function createReadSubmission(job: JobDefinition, followUps: FollowUpReaders) {
  const { type } = job;
  const check = createPayloadCheck(job);
  return (request: FastifyRequest, id: string): Submission => {
    const payload = request.body;
    if (payload === undefined) throw new PutlogError('malformed-json', 'the body is empty; send a JSON value');
    const violations = check(payload);
    if (violations.length > 0) refusePayload(violations);
    return {
      job,
      id,
      payload,
      ...submitQueryOf(request.url, { now: Date.now(), self: { type, id }, followUps }),
      traceparent: traceparentOf(request),
      mustBeNew: mustBeNew(request),
      lane: laneOfPriority(request.headers.priority),
      by: callerName(request),
    };
  };
}
