// GET /snapshots and DELETE /snapshots/{id}: which lists of jobs as they were can be read, and an early end of one. A job of the type
// putlog.snapshot builds one, GET /jobs?snapshot= reads it. Whoever may touch that type may ask here.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ReadySnapshot } from '../platform/snapshot-store.ts';
import { jobStatusLink } from '../schemas/job-status-body.ts';
import { snapshotType } from '../schemas/own-types.ts';
import { PutlogError } from '../schemas/problem.ts';
import { statusType } from './answer-submit.ts';
import { assertMayTouch } from './caller.ts';
import { checkId, type WithId } from './check-id.ts';
import { describeSnapshotDelete, describeSnapshots } from './describe-snapshots.ts';
import type { Snapshots } from './snapshots.ts';

/** Of one that is being built the answer says where its job is. @throws PutlogError as `find` does */
export async function findSnapshot(
  snapshots: Pick<Snapshots, 'find'>,
  id: string,
  reply: FastifyReply,
): Promise<ReadySnapshot> {
  try {
    return await snapshots.find(id);
  } catch (error) {
    if (error instanceof PutlogError && error.code === 'snapshot-not-ready')
      reply.header('location', jobStatusLink(snapshotType, id));
    throw error;
  }
}

const bodyOf = ({ _id, at, types, content, begunAt, expiresAt }: ReadySnapshot) => ({
  ...{ id: _id, at, moment: new Date(content.moment), ...(types && { types }) },
  ...{ jobs: content.jobs, begunAt, expiresAt },
  links: { job: jobStatusLink(snapshotType, _id), list: `/jobs?snapshot=${_id}` },
});

async function checkType(request: FastifyRequest<Partial<WithId>>): Promise<void> {
  assertMayTouch(request, [snapshotType]);
}

export const snapshotRoutes =
  ({ snapshots }: { snapshots: Snapshots }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get('/snapshots', { config: describeSnapshots, onRequest: checkType }, async (_request, reply) => {
      const body = { snapshots: (await snapshots.all()).map(bodyOf) };
      return reply.header('cache-control', 'no-store').header('content-type', statusType).send(JSON.stringify(body));
    });

    app.delete<WithId>('/snapshots/:id', {
      config: describeSnapshotDelete,
      onRequest: [checkId, checkType],
      handler: async ({ params }, reply) => {
        await snapshots.remove(await findSnapshot(snapshots, params.id, reply));
        return reply.code(204).send();
      },
    });
    done();
  };
