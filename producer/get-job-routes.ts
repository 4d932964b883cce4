// GET /jobs/{type}/{id}: what is known of a job, with an ETag to ask again cheaply. A type that is not loaded (any more) is
// looked up too: its jobs are in the log all the same. `Prefer: wait` holds the answer back until the job is over; `?at=` tells what was.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { isTypeName } from '../schemas/define-job.ts';
import { isTerminal, type JobDocument } from '../schemas/job-status.ts';
import { jobEntityTag, jobStatusBody, jobStatusLink } from '../schemas/job-status-body.ts';
import { positionText } from '../schemas/position.ts';
import { answerJob, statusType } from './answer-submit.ts';
import { checkId } from './check-id.ts';
import { clientGone } from './client-gone.ts';
import { describeGet, describeGetAny } from './describe-get.ts';
import { assertCondition } from './entity-tag.ts';
import type { JobAt } from './job-at.ts';
import { type Moment, momentOf } from './moment.ts';
import { preferencesOf } from './prefer.ts';
import { type ReadJob, unknownJob } from './read-job.ts';
import { unknownJobType } from './refuse-submit.ts';
import type { Waiting } from './waiting.ts';

type WithTypeAndId = { Params: { type: string; id: string } };

export type GetJobDependencies = {
  jobs: ReadonlyMap<string, LoadedJob>;
  readJob: ReadJob;
  waiting: Waiting;
  jobAt: JobAt;
};

export const getJobRoutes =
  ({ jobs, readJob, waiting, jobAt }: GetJobDependencies) =>
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

    async function answerThen(found: JobDocument, moment: Moment, request: FastifyRequest, reply: FastifyReply) {
      const { job, record, final } = await jobAt(found, moment, clientGone(reply));
      const tag = jobEntityTag(job);
      reply
        .header('etag', tag)
        .header('content-location', `${jobStatusLink(job.type, job.id)}?at=${positionText(record)}`)
        .header('cache-control', final ? 'private, max-age=31536000, immutable' : 'no-cache');
      if (assertCondition(request, tag, job._id) === 'unchanged') return reply.code(304).send();
      return reply.header('content-type', statusType).send(jobStatusBody(job));
    }

    async function answer(type: string, id: string, request: FastifyRequest, reply: FastifyReply) {
      const moment = momentOf(request.url, Date.now());
      const found = await readJob(type, id);
      if (found === undefined) throw unknownJob(type, id);
      if (moment !== undefined) return answerThen(found, moment, request, reply);
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
