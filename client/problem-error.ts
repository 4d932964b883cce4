// What a server answers instead of a success: a problem document (RFC 9457), thrown as an error. Everything in this folder throws it;
// what never got an answer is a ConnectionError, what was aborted the reason of its signal.
import type { ErrorCode } from '../schemas/error-codes.ts';
import type { Problem as ServerProblem } from '../schemas/problem.ts';

/** `code` is one of docs/errors.md, or of a later server; 'unreadable-answer' is no problem document, from something in between. */
export type Problem = Omit<ServerProblem, 'code'> & { code: ErrorCode | (string & Record<never, never>) };

export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  /** When the server asks to come again (milliseconds). */
  readonly retryAfter: number | undefined;
  constructor(problem: Problem, retryAfter?: number) {
    super(`${problem.title}: ${problem.detail}`);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
  /** Of the table in docs/errors.md. */
  get code(): Problem['code'] {
    return this.problem.code;
  }
  get status(): number {
    return this.problem.status;
  }
}

/** No answer, or not all of it: `cause` says why. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' &&
  value !== null &&
  ['title', 'detail', 'code'].every((name) => typeof Object(value)[name] === 'string');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3); milliseconds from now. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const told = headers.get('retry-after')?.trim();
  if (told === undefined || told === '') return undefined;
  const ms = /^\d+$/.test(told) ? Number(told) * 1_000 : Date.parse(told) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** @param text the body of an answer that is no success */
export function problemErrorOf({ status, statusText, headers }: Response, text: string): ProblemError {
  const found = parsed(text);
  const problem: Problem = isProblem(found)
    ? found
    : {
        ...{ type: 'about:blank', title: statusText || `Status ${status}`, status, detail: text.slice(0, 500) },
        ...{ code: 'unreadable-answer', retriable: false },
      };
  return new ProblemError({ ...problem, status }, retryAfterOf(headers, Date.now()));
}
