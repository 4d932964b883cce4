// A line of the log for each request, where that is asked for: who called what, and what came of it. Never a body, a key or a token, nor
// the values of a query: those may be anybody's secrets.
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../platform/log.ts';

/** The path, and the names in the query. */
export function loggedPath(url: string): string {
  const [path = '', query] = url.split(/\?(.*)/s, 2);
  if (query === undefined) return path;
  return `${path}?${[...new URLSearchParams(query).keys()].map(encodeURIComponent).join('&')}`;
}

export function logAccess(app: FastifyInstance, log: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    const bytes = reply.getHeader('content-length');
    log.info(
      {
        ...{ requestId: request.id, method: request.method, path: loggedPath(request.url), status: reply.statusCode },
        ...{ ms: Math.round(reply.elapsedTime * 10) / 10, caller: request.caller?.id ?? null, address: request.ip },
        // Of a stream nobody knows how many there are.
        ...(bytes !== undefined && { bytes: Number(bytes) }),
      },
      'request',
    );
    done();
  });
}
