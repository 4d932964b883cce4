// What operators and their tools ask of an api process: /livez, /readyz and /metrics.
import type { FastifyInstance } from 'fastify';
import { alive, type Ready, readiness } from '../platform/health-server.ts';
import type { Metrics } from '../platform/metrics.ts';
import { describeLive, describeMetrics, describeReady } from './api-description.ts';

const json = 'application/json; charset=utf-8';

export const serviceRoutes =
  ({ ready, metrics }: { ready: Ready; metrics: Pick<Metrics, 'text' | 'contentType'> }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.addHook('onRequest', (_request, reply, next) => {
      reply.header('cache-control', 'no-store');
      next();
    });
    app.get('/livez', { config: describeLive }, (_request, reply) => reply.header('content-type', json).send(alive));
    app.get('/readyz', { config: describeReady }, async (_request, reply) => {
      const { status, body } = await readiness(ready);
      return reply.code(status).header('content-type', json).send(body);
    });
    app.get('/metrics', { config: describeMetrics }, async (_request, reply) =>
      reply.header('content-type', metrics.contentType).send(await metrics.text()),
    );
    done();
  };
