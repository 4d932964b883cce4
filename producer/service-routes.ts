// What operators and their tools ask of an api process: /livez, /readyz, /metrics and /stats.
import type { FastifyInstance } from 'fastify';
import { alive, type Ready, readiness } from '../platform/health-server.ts';
import type { Metrics } from '../platform/metrics.ts';
import { describeLive, describeMetrics, describeReady, describeStats } from './api-description.ts';

/** How many jobs are in which state. @throws PutlogError read-model-unavailable */
export type Stats = () => Promise<{ succeeded: number } & Record<string, number>>;

const json = 'application/json; charset=utf-8';

export const serviceRoutes =
  ({ ready, stats, metrics }: { ready: Ready; stats: Stats; metrics: Pick<Metrics, 'text' | 'contentType'> }) =>
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
    app.get('/stats', { config: describeStats }, async (_request, reply) =>
      reply.header('content-type', json).send(JSON.stringify(await stats())),
    );
    done();
  };
