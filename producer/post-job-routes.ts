// POST /jobs/{type}: as PUT, for a client that names no id. It is made here, or out of the Idempotency-Key.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { isDelivery } from '../schemas/own-types.ts';
import type { AnswerSubmit } from './answer-submit.ts';
import { callerName } from './caller.ts';
import { refuseEncoded } from './check-id.ts';
import { describePost } from './describe-submits.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { idempotencyKeyOf, underKey } from './idempotency-key.ts';
import { jobIdOfKey, newJobId } from './job-ids.ts';
import { type BodyLimits, parseJsonBodies } from './read-json-body.ts';
import { createReadSubmission } from './read-submission.ts';
import { createRefuseSubmit } from './refuse-submit.ts';

export type PostJobDependencies = {
  jobs: ReadonlyMap<string, LoadedJob>;
  answerSubmit: AnswerSubmit;
  limits: BodyLimits;
  followUps: FollowUpReaders;
};

function submitHandler(job: JobDefinition, answerSubmit: AnswerSubmit, followUps: FollowUpReaders) {
  const readSubmission = createReadSubmission(job, followUps);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const id = key === undefined ? newJobId() : jobIdOfKey(job.type, key, callerName(request));
    const submission = readSubmission(request, id);
    const answered = answerSubmit(request, reply, submission, 'always');
    return key === undefined ? answered : underKey(answered);
  };
}

/** A plugin of fastify: only the routes in it read JSON. */
export const postJobRoutes =
  ({ jobs, answerSubmit, limits, followUps }: PostJobDependencies) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    parseJsonBodies(app, limits);

    for (const { definition } of jobs.values()) {
      if (isDelivery(definition.type)) continue;
      app.post(`/jobs/${definition.type}`, {
        config: describePost(definition),
        onRequest: refuseEncoded,
        handler: submitHandler(definition, answerSubmit, followUps),
      });
    }

    app.post<{ Params: { type: string } }>('/jobs/:type', {
      onRequest: createRefuseSubmit(jobs, ''),
      handler: () => undefined,
    });
    done();
  };
