// /schedules: calls that are made again and again. PUT makes or changes one, GET says when it runs next and which job was its last,
// DELETE ends it; the jobs that it has made stay.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { jobLink, scheduleLink } from '../schemas/job-status-body.ts';
import { PutlogError } from '../schemas/problem.ts';
import { isScheduleId, scheduleIdRule } from '../schemas/schedule.ts';
import { statusType } from './answer-submit.ts';
import { assertMayTouch, typesOf } from './caller.ts';
import { refuseEncoded, type WithId } from './check-id.ts';
import {
  describeSchedule,
  describeScheduleDelete,
  describeSchedulePut,
  describeSchedules,
} from './describe-schedules.ts';
import { parametersOf, wholeNumber } from './query-values.ts';
import { type BodyLimits, parseJsonBodies } from './read-json-body.ts';
import { mustBeNew } from './read-submission.ts';
import type { Schedules, ScheduleView } from './schedules.ts';

const iso = (at: number) => new Date(at).toISOString();

/** Times are RFC 3339 in UTC. */
function bodyOf({ id, schedule, updatedAt, next, state }: ScheduleView) {
  const { createdAt, since: _, ...told } = schedule;
  const job = state?.job ?? undefined;
  return {
    ...{ id, ...told, createdAt: iso(createdAt), updatedAt: iso(updatedAt), next: next.map(iso) },
    ...(job && { last: { at: iso(job.at), job: job.name } }),
    skipped: state?.skipped ?? 0,
    links: { self: scheduleLink(id), ...(job && { last: jobLink(job.name) }) },
  };
}

function checkScheduleId({ params }: FastifyRequest<WithId>, _: FastifyReply, done: (error?: Error) => void): void {
  if (isScheduleId(params.id)) done();
  else done(new PutlogError('invalid-id', scheduleIdRule));
}

/** Whatever else is wrong with it is told by the check of the whole. */
const typeIn = (body: unknown): string[] =>
  typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string' ? [body.type] : [];

const unknown = (id: string) => new PutlogError('unknown-schedule', `there is no schedule ${id}`);

export const scheduleRoutes =
  ({ schedules, limits }: { schedules: Schedules; limits: BodyLimits }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    parseJsonBodies(app, limits);
    const answer = (reply: FastifyReply, body: object) =>
      reply.header('cache-control', 'no-store').header('content-type', statusType).send(JSON.stringify(body));

    /** What is there may be of a type that the caller may not touch. */
    async function checkType(request: FastifyRequest<WithId>): Promise<void> {
      assertMayTouch(request, [schedules.typeOf(request.params.id) ?? []].flat());
    }

    app.put<WithId>('/schedules/:id', {
      config: describeSchedulePut,
      onRequest: [checkScheduleId, checkType, refuseEncoded],
      handler: async (request, reply) => {
        if (request.body === undefined)
          throw new PutlogError('malformed-json', 'the body is empty; send a JSON object');
        assertMayTouch(request, typeIn(request.body));
        const { id } = request.params;
        const { created, view } = await schedules.put(id, request.body, mustBeNew(request));
        if (created) reply.code(201).header('location', scheduleLink(id));
        return answer(reply, bodyOf(view));
      },
    });

    app.get<WithId>('/schedules/:id', {
      config: describeSchedule,
      onRequest: [checkScheduleId, checkType],
      handler: async ({ params }, reply) => {
        const found = await schedules.find(params.id);
        if (found === undefined) throw unknown(params.id);
        return answer(reply, bodyOf(found));
      },
    });

    app.get('/schedules', { config: describeSchedules }, async (request, reply) => {
      const query = new Map(parametersOf(request.url, ['limit', 'after']));
      const limit = wholeNumber('limit', query.get('limit') ?? '50', 1, 500);
      const page = await schedules.page(limit, query.get('after'), typesOf(request));
      const last = page.length === limit ? page.at(-1) : undefined;
      if (last !== undefined)
        reply.header('link', `</schedules?${new URLSearchParams({ limit: `${limit}`, after: last.id })}>; rel="next"`);
      return answer(reply, { schedules: page.map(bodyOf) });
    });

    app.delete<WithId>('/schedules/:id', {
      config: describeScheduleDelete,
      onRequest: [checkScheduleId, checkType],
      handler: async ({ params }, reply) => {
        if (!(await schedules.remove(params.id))) throw unknown(params.id);
        return reply.code(204).send();
      },
    });
    done();
  };
