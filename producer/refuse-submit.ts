// What a submit meets whose type has no route of its own: nobody has defined it, or it is Putlog's and nobody may submit it. Called by the
// routes that submit one job, behind those of their types.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { PutlogError } from '../schemas/problem.ts';
import { nearNames } from './near-names.ts';

export const unknownJobType = (type: string, jobs: ReadonlyMap<string, LoadedJob>): PutlogError => {
  const near = nearNames(type, jobs.keys());
  const hint = near.length === 0 ? `there are: ${[...jobs.keys()].sort().join(', ')}` : `near: ${near.join(', ')}`;
  return new PutlogError('unknown-job-type', `there is no job type "${type}"; ${hint}`);
};

export const ownJobType = (type: string): PutlogError =>
  new PutlogError('method-not-allowed', `jobs of ${type} are Putlog's own; ask for one with callback or notify`);

/** An `onRequest` hook. @param allow the methods that a job of Putlog's own types has */
export const createRefuseSubmit =
  (jobs: ReadonlyMap<string, LoadedJob>, allow: string) =>
  (request: FastifyRequest<{ Params: { type: string } }>, reply: FastifyReply, next: (error: Error) => void): void => {
    const { type } = request.params;
    if (!jobs.has(type)) next(unknownJobType(type, jobs));
    else {
      reply.header('allow', allow);
      next(ownJobType(type));
    }
  };
