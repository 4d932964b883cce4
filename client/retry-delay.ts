// When a request that failed may be made again, and after how long. connection.ts asks it.
import { ConnectionError, ProblemError } from './problem-error.ts';

/** Times in milliseconds. At most `attempts` requests; each waits a random part of `baseMs`, 2 · `baseMs`, … up to `maxMs`. */
export type RetryOptions = { attempts: number; baseMs: number; maxMs: number };

export const usualRetries: RetryOptions = { attempts: 8, baseMs: 200, maxMs: 5_000 };

/** The longest Retry-After that is waited for: a server that asks for more is told to the caller. */
const longestRetryAfter = 60_000;

/**
 * What may be repeated. `always`: a request that has its effect once however often it is made. `refused`: only where the answer says
 * that nothing came of it. `never`: it cannot be sent twice.
 */
export type Repeatable = 'always' | 'refused' | 'never';

const passing = new Set([408, 429, 502, 503, 504]);

function mayRepeat(error: unknown, repeatable: Repeatable): boolean {
  switch (repeatable) {
    case 'always':
      if (error instanceof ProblemError) return error.problem.retriable || passing.has(error.status);
      return error instanceof ConnectionError;
    case 'refused':
      if (!(error instanceof ProblemError) || error.code === 'outcome-unknown') return false;
      // Whatever stands in between may say 503 for a request that it has passed on.
      return error.code !== 'unreadable-answer' && (error.status === 429 || error.status === 503);
    case 'never':
      return false;
    default:
      return repeatable satisfies never;
  }
}

/**
 * Milliseconds, or undefined: no more. The server's Retry-After counts, with up to a tenth and 100 ms on top, or all that it sent
 * away would come back together.
 * @param attempt how many requests were made
 */
export function retryDelay(
  error: unknown,
  {
    attempt,
    repeatable,
    retries,
    random,
  }: { attempt: number; repeatable: Repeatable; retries: RetryOptions; random: number },
): number | undefined {
  if (attempt >= retries.attempts || !mayRepeat(error, repeatable)) return undefined;
  const asked = error instanceof ProblemError ? error.retryAfter : undefined;
  if (asked === undefined) return random * Math.min(retries.maxMs, retries.baseMs * 2 ** (attempt - 1));
  return asked > longestRetryAfter ? undefined : asked + random * (asked / 10 + 100);
}
