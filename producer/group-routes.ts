// PUT and GET /groups/{id}: up to 1,000 jobs that are submitted together, and one that follows when all of them are over.
import type { FastifyInstance } from 'fastify';
import type { JobName } from '../schemas/call-options.ts';
import { isTerminal } from '../schemas/job-status.ts';
import { jobStatusLink } from '../schemas/job-status-body.ts';
import { PutlogError } from '../schemas/problem.ts';
import { statusType } from './answer-submit.ts';
import { assertMayTouch, callerName } from './caller.ts';
import { createGroupCheck, type GroupCheckTools } from './check-group.ts';
import { checkId, refuseEncoded, type WithId } from './check-id.ts';
import { describeGroupGet, describeGroupPut } from './describe-groups.ts';
import type { GroupStatus, Groups } from './groups.ts';
import { type BodyLimits, parseJsonBodies } from './read-json-body.ts';
import { traceparentOf } from './read-submission.ts';

/** Times the largest payload: how large a group may be. */
const groupBodies = 16;

const linked = ({ type, id }: JobName, state: string | undefined) => ({
  ...{ type, id, ...(state !== undefined && { state }) },
  link: jobStatusLink(type, id),
});

function bodyOf({ id, createdAt, members, final }: GroupStatus): string {
  const done = members.filter(({ state }) => state !== undefined && isTerminal(state)).length;
  const head = { id, createdAt: new Date(createdAt).toISOString(), total: members.length, done };
  // What is accepted and not in the read model yet is queued.
  const jobs = members.map((one) => linked(one, one.state ?? 'queued'));
  return `${JSON.stringify({ ...head, jobs }).slice(0, -1)},"then":${JSON.stringify(linked(final, final.state))}}`;
}

const isOver = ({ final }: GroupStatus) => final.state !== undefined && isTerminal(final.state);

/** A plugin of fastify: only the routes in it read bodies that large. */
export const groupRoutes =
  ({ groups, limits, ...tools }: { groups: Groups; limits: BodyLimits } & Omit<GroupCheckTools, 'maxPayloadBytes'>) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    const { maxPayloadBytes } = limits;
    const check = createGroupCheck({ ...tools, maxPayloadBytes });
    parseJsonBodies(app, { ...limits, maxPayloadBytes: groupBodies * maxPayloadBytes });

    app.put<WithId>(
      '/groups/:id',
      { config: describeGroupPut, onRequest: [checkId, refuseEncoded] },
      async (request, reply) => {
        if (request.body === undefined) throw new PutlogError('malformed-json', 'the body is empty; send a JSON value');
        const group = check(request.params.id, request.body);
        assertMayTouch(request, [...group.jobs.map(({ job }) => job.type), group.final.type]);
        const { known, status } = await groups.put({
          ...group,
          traceparent: traceparentOf(request),
          by: callerName(request),
        });
        reply.code(known ? 200 : 202).header('content-type', statusType);
        if (!known) reply.header('location', `/groups/${status.id}`);
        if (!isOver(status)) reply.header('retry-after', '1');
        return reply.send(bodyOf(status));
      },
    );

    app.get<WithId>('/groups/:id', { config: describeGroupGet, onRequest: checkId }, async (request, reply) => {
      const { id } = request.params;
      const status = await groups.find(id);
      if (status === undefined) throw new PutlogError('unknown-group', `there is no group ${id}`);
      assertMayTouch(
        request,
        [...status.members, status.final].map(({ type }) => type),
      );
      if (!isOver(status)) reply.header('retry-after', '1');
      return reply.header('cache-control', 'no-store').header('content-type', statusType).send(bodyOf(status));
    });
    done();
  };
