// GET /jobs/{type}/{id}: what is known of a job, with an ETag to ask again cheaply. A type that is not loaded (any more) is
// looked up too: its jobs are in the log all the same. `Prefer: wait` holds the answer back until the job is over.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { isTypeName } from '../schemas/define-job.ts';
import { isTerminal, type JobDocument } from '../schemas/job-status.ts';
import { jobEntityTag } from '../schemas/job-status-body.ts';
import { answerJob } from './answer-submit.ts';
import { describeGet, describeGetAny } from './api-description.ts';
import { checkId } from './check-id.ts';
import { clientGone } from './client-gone.ts';
import { assertCondition } from './entity-tag.ts';
import { preferencesOf } from './prefer.ts';
import { type ReadJob, unknownJob } from './read-job.ts';
import { unknownJobType } from './refuse-submit.ts';
import type { Waiting } from './waiting.ts';

type WithTypeAndId = { Params: { type: string; id: string } };

export type GetJobDependencies = { jobs: ReadonlyMap<string, LoadedJob>; readJob: ReadJob; waiting: Waiting };

export const getJobRoutes =
  ({ jobs, readJob, waiting }: GetJobDependencies) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    /** The job once it is over, or as far as it is when the time has run out. */
    async function waitForEnd(job: JobDocument, waitMs: number, reply: FastifyReply): Promise<JobDocument> {
      if (isTerminal(job.state) || waitMs === 0) return job;
      const deadline = performance.now() + waitMs;
      const wait = waiting.begin(job._id);
      try {
        await wait.ready;
        return await wait.over(job, { fresh: false, deadline, gone: clientGone(reply) });
      } finally {
        wait.end();
      }
    }

    async function answer(type: string, id: string, request: FastifyRequest, reply: FastifyReply) {
      const found = await readJob(type, id);
      if (found === undefined) throw unknownJob(type, id);
      const { waitMs: asked, handling } = preferencesOf(request.headers.prefer);
      const granted = {
        ...(asked !== undefined && { waitMs: Math.min(asked, waiting.maxWaitMs) }),
        ...(handling !== undefined && { handling }),
      };
      const job = await waitForEnd(found, granted.waitMs ?? 0, reply);
      const tag = jobEntityTag(job);
      // A cache may keep it, but must ask each time: a status is old the moment it is read.
      reply.header('etag', tag).header('cache-control', 'no-cache').header('vary', 'Prefer');
      if (assertCondition(request, tag, `${type}/${id}`) === 'holds') return answerJob(reply, job, granted);
      if (!isTerminal(job.state)) reply.header('retry-after', '1');
      return reply.code(304).send();
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
