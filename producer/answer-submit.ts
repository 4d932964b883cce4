// The answer to an accepted call, the same for every route that submits one job: 202 for what is new, 200 for what was there.
import type { FastifyReply } from 'fastify';
import { isTerminal, type JobDocument } from '../schemas/job-status.ts';
import { jobStatusBody, jobStatusLink } from '../schemas/job-status-body.ts';

export const statusType = 'application/json; charset=utf-8';

/** `known`: the job was there before, with the same payload. */
export function answerSubmit(reply: FastifyReply, { known, job }: { known: boolean; job: JobDocument }): FastifyReply {
  reply.code(known ? 200 : 202).header('content-type', statusType);
  if (!known) reply.header('location', jobStatusLink(job.type, job.id));
  if (!isTerminal(job.state)) reply.header('retry-after', '1');
  return reply.send(jobStatusBody(job));
}
