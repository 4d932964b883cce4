// The tiny HTTP server of a worker or projector: /livez (the process serves), /readyz (what it needs answers), /metrics.
// The api answers the same addresses from its own server, with the same `readiness`.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { Config } from './config.ts';
import type { Metrics } from './metrics.ts';

/** Each thing the process needs, by name: `ok`, or what is wrong with it. */
export type Ready = () => Promise<Record<string, 'ok' | string>>;

/** What /readyz answers: 200 when every check is ok, else 503; a check that throws counts as failed. */
export async function readiness(ready: Ready): Promise<{ status: 200 | 503; body: string }> {
  const checks = await ready().catch((error: unknown) => ({
    ready: error instanceof Error ? error.message : String(error),
  }));
  const ok = Object.values(checks).every((check) => check === 'ok');
  return { status: ok ? 200 : 503, body: JSON.stringify({ status: ok ? 'ok' : 'unavailable', checks }) };
}

export const alive = JSON.stringify({ status: 'ok' });

const answer = (response: ServerResponse, status: number, body: string, contentType = 'application/json') =>
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);

type Health = { ready: Ready; metrics: Pick<Metrics, 'text' | 'contentType'> };

/** As configured: on `healthPort`, or nowhere where that is 0. */
export async function serveHealth(config: Config, health: Health): Promise<{ close: () => Promise<void> }> {
  if (config.healthPort === 0) return { close: async () => undefined };
  return startHealthServer({ port: config.healthPort, host: config.host, ...health });
}

/** @param port 0 picks a free one. Resolves once it listens. `close` ends open connections too. */
export async function startHealthServer(options: {
  port: number;
  host: string;
  ready: Ready;
  metrics: Pick<Metrics, 'text' | 'contentType'>;
}): Promise<{ url: string; close: () => Promise<void> }> {
  const { port, host, ready, metrics } = options;

  async function respond(path: string, response: ServerResponse) {
    if (path === '/livez') return answer(response, 200, alive);
    if (path === '/metrics') return answer(response, 200, await metrics.text(), metrics.contentType);
    if (path !== '/readyz') return answer(response, 404, '{"status":"there is only /livez, /readyz and /metrics"}');
    const { status, body } = await readiness(ready);
    return answer(response, status, body);
  }

  const server = createServer({ requestTimeout: 5_000, connectionsCheckingInterval: 1_000 }, (request, response) => {
    respond(request.url?.split('?')[0] ?? '', response).catch((error: unknown) => {
      answer(response, 500, JSON.stringify({ status: error instanceof Error ? error.message : String(error) }));
    });
  });
  server.listen(port, host);
  await once(server, 'listening');

  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the health server has no port');
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${address.port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
