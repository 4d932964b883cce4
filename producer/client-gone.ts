// Whether anybody is left to take an answer that is held back, or a stream that goes on.
import type { FastifyReply } from 'fastify';

/** Aborted once the client has gone, or has its answer. */
export function clientGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  else raw.once('close', () => gone.abort());
  return gone.signal;
}
