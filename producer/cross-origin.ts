// Pages of other origins may call the API where PUTLOG_CORS_ORIGINS names them, with a key of theirs: no cookies, and the header fields
// that a client needs are shown to them. Installed by app.ts in front of the door: a browser asks first, without a key.
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const exposed = [
  ...['ETag', 'Link', 'Location', 'Preference-Applied', 'Repr-Digest', 'Retry-After'],
  ...['RateLimit', 'RateLimit-Policy', 'WWW-Authenticate', 'X-Request-Id'],
];

/** How long a browser may remember what it was told, seconds. */
const maxAge = 600;

export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  app.register(cors, {
    ...{ origin: [...origins], methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'], exposedHeaders: exposed, maxAge },
    ...{ credentials: false, strictPreflight: false, hideOptionsRoute: true },
  });
}
