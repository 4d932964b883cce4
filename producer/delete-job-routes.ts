// DELETE /jobs/{type}/{id}: asks for the end of a job. 202 says that it was asked for; what came first, that or the job's own
// end, its status tells. A job that is over is answered as it is: nothing is taken back.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { isTypeName } from '../schemas/define-job.ts';
import { isTerminal } from '../schemas/job-status.ts';
import { jobEntityTag, jobStatusBody, jobStatusLink } from '../schemas/job-status-body.ts';
import { statusType } from './answer-submit.ts';
import { describeDelete, describeDeleteAny } from './api-description.ts';
import type { CancelJob } from './cancel-job.ts';
import { checkId } from './check-id.ts';
import { assertCondition } from './entity-tag.ts';
import { type ReadJob, unknownJob } from './read-job.ts';
import { traceparentOf } from './read-submission.ts';
import { unknownJobType } from './refuse-submit.ts';

type WithTypeAndId = { Params: { type: string; id: string } };

export type DeleteJobDependencies = {
  jobs: ReadonlyMap<string, LoadedJob>;
  readJob: ReadJob;
  cancelJob: CancelJob;
};

export const deleteJobRoutes =
  ({ jobs, readJob, cancelJob }: DeleteJobDependencies) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    async function remove(type: string, id: string, request: FastifyRequest, reply: FastifyReply) {
      const job = await readJob(type, id);
      if (job === undefined) throw unknownJob(type, id);
      assertCondition(request, jobEntityTag(job), `${type}/${id}`);
      const over = isTerminal(job.state);
      if (!over) {
        await cancelJob(job, traceparentOf(request));
        reply.header('location', jobStatusLink(type, id)).header('retry-after', '1');
      }
      return reply
        .code(over ? 200 : 202)
        .header('content-type', statusType)
        .send(jobStatusBody(job));
    }

    for (const { definition } of jobs.values())
      app.delete<WithTypeAndId>(`/jobs/${definition.type}/:id`, {
        config: describeDelete(definition),
        onRequest: checkId,
        handler: (request, reply) => remove(definition.type, request.params.id, request, reply),
      });

    app.delete<WithTypeAndId>('/jobs/:type/:id', {
      config: describeDeleteAny,
      onRequest: checkId,
      handler: async (request, reply) => {
        const { type, id } = request.params;
        if (!isTypeName(type)) throw unknownJobType(type, jobs);
        return remove(type, id, request, reply);
      },
    });
    done();
  };
