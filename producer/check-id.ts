// Ids of jobs and blobs: letters, digits and `.` `_` `~` `-` only, so that an id is the same in an address, a record key, a
// file name and a query. A route with `:id` runs it before it reads a body.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isJobId } from '../schemas/job-id.ts';
import { PutlogError } from '../schemas/problem.ts';

export type WithId = { Params: { id: string } };

export const malformedId = () => new PutlogError('invalid-id', 'an id is 1 to 200 characters of A–Z a–z 0–9 . _ ~ -');

/** An `onRequest` hook. */
export function checkId(request: FastifyRequest<WithId>, _reply: FastifyReply, done: (error?: Error) => void): void {
  if (isJobId(request.params.id)) done();
  else done(malformedId());
}

/** @throws PutlogError unsupported-media-type: encoded bytes would be taken for what they encode. */
export function refuseEncoded(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') done();
  else done(new PutlogError('unsupported-media-type', `send the body without content-encoding, not as ${encoding}`));
}
