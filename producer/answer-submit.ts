// Submits a checked call and answers it, the same for every route that submits one job: 202 for what is new, 200 for what was there or
// was over while the client was willing to wait. And a job's status as the body of any answer, by what the client prefers.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isTerminal, type JobDocument, jobKey } from '../schemas/job-status.ts';
import { jobStatusBody, jobStatusLink } from '../schemas/job-status-body.ts';
import { problem } from '../schemas/problem.ts';
import { clientGone } from './client-gone.ts';
import { type Preferences, preferenceApplied, preferencesOf } from './prefer.ts';
import { problemType } from './problem-answers.ts';
import type { Submission, Submit } from './submit.ts';
import type { Waiting } from './waiting.ts';

export const statusType = 'application/json; charset=utf-8';

/** That of the problem document; 500 where it has none that says of an error. */
function statusOf(error: string): number {
  const { status } = JSON.parse(error) as { status?: unknown };
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500;
}

/**
 * Its status code is the caller's. With `handling=strict` a job that did not succeed is answered by its own problem document instead, as
 * a function behind a route would have been. `granted`: what was done of what was preferred.
 */
export function answerJob(reply: FastifyReply, job: JobDocument, granted: Partial<Preferences>): FastifyReply {
  const over = isTerminal(job.state);
  const { handling, ...others } = granted;
  // Before the end there is nothing to be strict about.
  const applied = preferenceApplied({ ...others, ...(over && handling !== undefined && { handling }) });
  if (applied !== undefined) reply.header('preference-applied', applied);
  if (over && job.state !== 'succeeded' && handling === 'strict') {
    const error = job.error ?? JSON.stringify(problem('job-failed', `the job is ${job.state}`));
    return reply.code(statusOf(error)).header('content-type', problemType).send(error);
  }
  if (!over) reply.header('retry-after', '1');
  return reply.header('content-type', statusType).send(jobStatusBody(job));
}

/** Sends the answer. `location`: who named no id is told it also where the job was there. @throws PutlogError as `submit` does */
export type AnswerSubmit = (
  request: FastifyRequest,
  reply: FastifyReply,
  submission: Submission,
  location?: 'if-new' | 'always',
) => Promise<FastifyReply>;

type Submitted = Awaited<ReturnType<Submit>>;

export function createAnswerSubmit({ submit, waiting }: { submit: Submit; waiting: Waiting }): AnswerSubmit {
  async function submitAndWait(submission: Submission, waitMs: number, reply: FastifyReply): Promise<Submitted> {
    const deadline = performance.now() + waitMs;
    // Before the append: from then on its end may come at any moment.
    const wait = waiting.begin(jobKey(submission.job.type, submission.id));
    try {
      await wait.ready;
      const { known, job } = await submit(submission);
      if (isTerminal(job.state)) return { known, job };
      return { known, job: await wait.over(job, { fresh: !known, deadline, gone: clientGone(reply) }) };
    } finally {
      wait.end();
    }
  }

  return async (request, reply, submission, location = 'if-new') => {
    const preferences = preferencesOf(request.headers.prefer);
    const { waitMs: asked, respondAsync } = preferences;
    const waitMs = asked === undefined ? undefined : Math.min(asked, waiting.maxWaitMs);
    const { known, job } = waitMs ? await submitAndWait(submission, waitMs, reply) : await submit(submission);
    const over = isTerminal(job.state);
    const accepted = !known && !over;
    reply.code(known || over ? 200 : 202).header('vary', 'Prefer');
    if (!known || location === 'always') reply.header('location', jobStatusLink(job.type, job.id));
    return answerJob(reply, job, {
      ...(waitMs !== undefined && { waitMs }),
      ...(preferences.handling !== undefined && { handling: preferences.handling }),
      respondAsync: respondAsync && accepted,
    });
  };
}
