// GET /jobs/{type}/{id}: what is known of a job, with an ETag to ask again cheaply. A type that is not loaded (any more) is
// looked up too: its jobs are in the log all the same.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { isTypeName } from '../schemas/define-job.ts';
import { isTerminal } from '../schemas/job-status.ts';
import { jobEntityTag, jobStatusBody } from '../schemas/job-status-body.ts';
import { statusType } from './answer-submit.ts';
import { describeGet, describeGetAny } from './api-description.ts';
import { checkId } from './check-id.ts';
import { assertCondition } from './entity-tag.ts';
import { unknownJobType } from './put-job-routes.ts';
import { type ReadJob, unknownJob } from './read-job.ts';

type WithTypeAndId = { Params: { type: string; id: string } };

export const getJobRoutes =
  ({ jobs, readJob }: { jobs: ReadonlyMap<string, LoadedJob>; readJob: ReadJob }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    async function answer(type: string, id: string, request: FastifyRequest, reply: FastifyReply) {
      const job = await readJob(type, id);
      if (job === undefined) throw unknownJob(type, id);
      const tag = jobEntityTag(job);
      // A cache may keep it, but must ask each time: a status is old the moment it is read.
      reply.header('etag', tag).header('cache-control', 'no-cache').header('vary', 'Prefer');
      if (!isTerminal(job.state)) reply.header('retry-after', '1');
      if (assertCondition(request, tag, `${type}/${id}`) === 'unchanged') return reply.code(304).send();
      return reply.header('content-type', statusType).send(jobStatusBody(job));
    }

    for (const { definition } of jobs.values())
      app.get<WithTypeAndId>(`/jobs/${definition.type}/:id`, {
        config: describeGet(definition),
        onRequest: checkId,
        handler: (request, reply) => answer(definition.type, request.params.id, request, reply),
      });

    app.get<WithTypeAndId>('/jobs/:type/:id', {
      config: describeGetAny,
      onRequest: checkId,
      handler: async (request, reply) => {
        const { type, id } = request.params;
        // A look-up of what no type is called would ask the log for what cannot be in it.
        if (!isTypeName(type)) throw unknownJobType(type, jobs);
        return answer(type, id, request, reply);
      },
    });
    done();
  };
