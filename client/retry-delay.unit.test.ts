// When a request may be made again, and after how long.
import { expect, test } from 'vitest';
import { ConnectionError, ProblemError } from './problem-error.ts';
import { type Repeatable, retryDelay, usualRetries } from './retry-delay.ts';

const problem = (status: number, code: string, retriable = false) =>
  ({ type: 'x', title: 'x', detail: 'x', status, code, retriable }) as const;
const delay = (error: unknown, repeatable: Repeatable, attempt = 1, random = 1) =>
  retryDelay(error, { attempt, repeatable, retries: usualRetries, random });

test.each([
  ['no answer', new ConnectionError('x'), true, false],
  ['429', new ProblemError(problem(429, 'rate-limited')), true, true],
  ['503 overloaded', new ProblemError(problem(503, 'overloaded', true)), true, true],
  ['503 outcome-unknown', new ProblemError(problem(503, 'outcome-unknown', true)), true, false],
  ['502 of a proxy', new ProblemError(problem(502, 'unreadable-answer')), true, false],
  ['503 of a proxy', new ProblemError(problem(503, 'unreadable-answer')), true, false],
  ['500', new ProblemError(problem(500, 'internal-error', true)), true, false],
  ['404', new ProblemError(problem(404, 'unknown-job')), false, false],
  ['409', new ProblemError(problem(409, 'id-conflict')), false, false],
  ['a fault of ours', new TypeError('x'), false, false],
])('%s', (_, error, always, refused) => {
  expect(delay(error, 'always') !== undefined).toBe(always);
  expect(delay(error, 'refused') !== undefined).toBe(refused);
  expect(delay(error, 'never')).toBeUndefined();
});

test('a random part of a time that doubles up to a bound, and no more than so many requests', () => {
  const error = new ConnectionError('x');
  const longest = Array.from({ length: 8 }, (_, n) => delay(error, 'always', n + 1));
  expect(longest).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, undefined]);
  expect(delay(error, 'always', 1, 0)).toBe(0);
});

test('what the server asks for counts, a little spread; more than a minute is for the caller to decide', () => {
  const asking = (ms: number) => new ProblemError(problem(503, 'overloaded', true), ms);
  expect(delay(asking(10_000), 'always', 1, 0)).toBe(10_000);
  expect(delay(asking(10_000), 'always', 1, 1)).toBe(11_100);
  expect(delay(asking(60_001), 'always')).toBeUndefined();
});
