// Whether a failed attempt is followed by another, and when. Pure: outcome.ts asks.
import type { RetryPolicy } from '../schemas/define-job.ts';
import type { ErrorCode } from '../schemas/error-codes.ts';
import type { HandlerFailure } from './handler-result.ts';

/** The function ran, and may do better next time. What it returned is wrong for ever, and so is what it was given. */
const transient: ReadonlySet<ErrorCode> = new Set(['job-failed', 'job-timed-out', 'job-stuck']);

/** Node's timers and dates are far from it; a function that asks for more means never. */
const longest = 365 * 24 * 3_600_000;

export const mayRetry = ({ code, again }: HandlerFailure): boolean => transient.has(code) && again !== 'never';

/**
 * Milliseconds until the attempt after `attempt` (counted from 1). `random` is from 0 to 1: full jitter, so that what failed
 * together does not come back together. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelay({ again }: HandlerFailure, policy: RetryPolicy, attempt: number, random: number): number {
  if (typeof again === 'object' && again.after >= 0) return Math.min(Math.round(again.after), longest);
  const { backoffMs, maxBackoffMs } = policy;
  return Math.round(random * Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(attempt - 1, 50)));
}
