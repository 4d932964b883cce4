// PUT /jobs/{type}/{id}: one route for each job type, so that the router finds the type and its schema is compiled once.
// Checked in this order: type, id, content type, size, JSON, schema, query, condition. Then the log has the word.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { isDelivery } from '../schemas/own-types.ts';
import type { AnswerSubmit } from './answer-submit.ts';
import { describePut } from './api-description.ts';
import { checkId, refuseEncoded, type WithId } from './check-id.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { type BodyLimits, parseJsonBodies } from './read-json-body.ts';
import { createReadSubmission } from './read-submission.ts';
import { createRefuseSubmit } from './refuse-submit.ts';

function submitHandler(job: JobDefinition, answerSubmit: AnswerSubmit, followUps: FollowUpReaders) {
  const readSubmission = createReadSubmission(job, followUps);
  return async (request: FastifyRequest<WithId>, reply: FastifyReply): Promise<FastifyReply> =>
    answerSubmit(request, reply, readSubmission(request, request.params.id));
}

export type PutJobDependencies = {
  jobs: ReadonlyMap<string, LoadedJob>;
  answerSubmit: AnswerSubmit;
  limits: BodyLimits;
  followUps: FollowUpReaders;
};

/** A plugin of fastify: only the routes in it read JSON. */
export const putJobRoutes =
  (options: PutJobDependencies) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    const { jobs, answerSubmit, limits, followUps } = options;
    parseJsonBodies(app, limits);

    for (const { definition } of jobs.values()) {
      if (isDelivery(definition.type)) continue;
      app.put<WithId>(`/jobs/${definition.type}/:id`, {
        config: describePut(definition),
        onRequest: [checkId, refuseEncoded],
        handler: submitHandler(definition, answerSubmit, followUps),
      });
    }

    app.put<{ Params: { type: string } }>('/jobs/:type/:id', {
      config: { refuses: true },
      onRequest: createRefuseSubmit(jobs, 'DELETE, GET, HEAD'),
      handler: () => undefined,
    });
    done();
  };
