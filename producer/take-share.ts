// The share of a caller in the requests of this process: its key's own, or that of everybody, or none at all. Every answer tells what is
// left of it. access.ts asks before it lets a request in.
import type { FastifyReply } from 'fastify';
import { PutlogError } from '../schemas/problem.ts';
import { type Rate, rateText } from '../schemas/rate.ts';
import type { TakeShare } from './access.ts';
import { createRateLimit } from './rate-limit.ts';

/** The name of the one policy that there is. */
const policy = '"burst"';

/** @param everybody undefined: only keys that have a rate of their own are limited */
export function createTakeShare(everybody: Rate | undefined, clock = () => performance.now()): TakeShare {
  const limit = createRateLimit();
  return ({ id, rate = everybody }, reply: FastifyReply): void => {
    if (rate === undefined) return;
    const { allowed, remaining, fullIn, nextIn } = limit.take(id, rate, clock());
    reply.header('ratelimit-policy', `${policy};q=${rate.count};w=${rate.window}`);
    reply.header('ratelimit', `${policy};r=${remaining};t=${fullIn}`);
    if (allowed) return;
    const detail = `${id} may make ${rateText(rate)} here; send it again after Retry-After`;
    throw new PutlogError('rate-limited', detail, { retryAfter: nextIn });
  };
}
