// /queues and /limits: what waits and what is paused, pausing and going on, and how many of a type may run. A decision is answered when
// it is in the log; the workers have it within milliseconds.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Limit, limitFaults } from '../schemas/limit.ts';
import { refusePayload } from '../schemas/value-check.ts';
import { statusType } from './answer-submit.ts';
import { assertMayTouch, mayTouch } from './caller.ts';
import {
  describeLimit,
  describeLimits,
  describePause,
  describeQueue,
  describeQueues,
  describeResetLimit,
  describeResume,
  describeSetLimit,
} from './describe-queues.ts';
import type { LimitStatus, QueueStatus, Queues } from './queues.ts';
import { type BodyLimits, createJsonBodyReader } from './read-json-body.ts';

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

const queueBody = ({ name, types, pausedAt, depth, oldestAt }: QueueStatus) => ({
  ...{ name, types, paused: pausedAt !== null },
  ...(pausedAt !== null && { pausedAt: iso(pausedAt) }),
  depth,
  ...(oldestAt !== null && { oldestAt: iso(oldestAt) }),
});

const limitBody = ({ type, limit, changedAt }: LimitStatus) => ({
  ...{ type, ...limit },
  ...(changedAt !== null && { changedAt: iso(changedAt) }),
});

type OfQueue = { Params: { queue: string } };
type OfType = { Params: { type: string } };

export const queueRoutes =
  ({ queues, limits }: { queues: Queues; limits: BodyLimits }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.addContentTypeParser('application/json', createJsonBodyReader(limits));
    app.addHook('onRequest', (_request, reply, next) => {
      reply.header('cache-control', 'no-store');
      next();
    });
    const answer = (reply: FastifyReply, body: object) =>
      reply.header('content-type', statusType).send(JSON.stringify(body));

    /** The name of a queue all of whose types the caller may touch: what is said of it is said of each. */
    const ofCaller = (request: FastifyRequest<OfQueue>): string => {
      const { queue } = request.params;
      assertMayTouch(request, queues.typesIn(queue));
      return queue;
    };

    app.get('/queues', { config: describeQueues }, async (request, reply) => {
      const all = await queues.all();
      const seen = all.filter(({ types }) => types.every((type) => mayTouch(request, type)));
      return answer(reply, { queues: seen.map(queueBody) });
    });
    app.get<OfQueue>('/queues/:queue', { config: describeQueue }, async (request, reply) =>
      answer(reply, queueBody(await queues.one(ofCaller(request)))),
    );
    app.post<OfQueue>('/queues/:queue/pause', { config: describePause }, async (request, reply) =>
      answer(reply, queueBody(await queues.pause(ofCaller(request)))),
    );
    app.post<OfQueue>('/queues/:queue/resume', { config: describeResume }, async (request, reply) =>
      answer(reply, queueBody(await queues.resume(ofCaller(request)))),
    );

    app.get('/limits', { config: describeLimits }, (request, reply) => {
      const seen = queues.limits().filter(({ type }) => mayTouch(request, type));
      return answer(reply, { limits: seen.map(limitBody) });
    });
    app.get<OfType>('/limits/:type', { config: describeLimit }, (request, reply) =>
      answer(reply, limitBody(queues.limitOf(request.params.type))),
    );
    app.put<OfType>('/limits/:type', { config: describeSetLimit }, async ({ params, body }, reply) => {
      const faults = limitFaults(body);
      if (faults.length > 0) refusePayload(faults);
      return answer(reply, limitBody(await queues.setLimit(params.type, body as Limit)));
    });
    app.delete<OfType>('/limits/:type', { config: describeResetLimit }, async ({ params }, reply) =>
      answer(reply, limitBody(await queues.setLimit(params.type, undefined))),
    );
    done();
  };
