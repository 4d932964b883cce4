// PUT /jobs/{type}/{id}: one route for each job type, so that the router finds the type and its schema is compiled once.
// Checked in this order: type, id, content type, size, JSON, schema, query, condition. Then the log has the word.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { isOwnType } from '../schemas/own-types.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { AnswerSubmit } from './answer-submit.ts';
import { describePut } from './api-description.ts';
import { checkId, refuseEncoded, type WithId } from './check-id.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { nearNames } from './near-names.ts';
import { type BodyLimits, createJsonBodyReader } from './read-json-body.ts';
import { createReadSubmission } from './read-submission.ts';

function submitHandler(job: JobDefinition, answerSubmit: AnswerSubmit, followUps: FollowUpReaders) {
  const readSubmission = createReadSubmission(job, followUps);
  return async (request: FastifyRequest<WithId>, reply: FastifyReply): Promise<FastifyReply> =>
    answerSubmit(request, reply, readSubmission(request, request.params.id));
}

export const unknownJobType = (type: string, jobs: ReadonlyMap<string, LoadedJob>): PutlogError => {
  const near = nearNames(type, jobs.keys());
  const hint = near.length === 0 ? `there are: ${[...jobs.keys()].sort().join(', ')}` : `near: ${near.join(', ')}`;
  return new PutlogError('unknown-job-type', `there is no job type "${type}"; ${hint}`);
};

export const ownJobType = (type: string): PutlogError =>
  new PutlogError('method-not-allowed', `jobs of ${type} are Putlog's own; ask for one with callback or notify`);

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
    const readJsonBody = createJsonBodyReader(limits);
    app.addContentTypeParser('application/json', readJsonBody);
    app.addContentTypeParser(/^application\/[\w.+-]+\+json\b/, readJsonBody);

    for (const { definition } of jobs.values()) {
      if (isOwnType(definition.type)) continue;
      app.put<WithId>(`/jobs/${definition.type}/:id`, {
        config: describePut(definition),
        onRequest: [checkId, refuseEncoded],
        handler: submitHandler(definition, answerSubmit, followUps),
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
      next(ownJobType(type));
    };
    app.put<{ Params: { type: string } }>('/jobs/:type/:id', {
      config: { refuses: true },
      onRequest: refuse,
      handler: () => undefined,
    });
    done();
  };
