// Problem documents (RFC 9457): the one shape in which an error is told, over HTTP and as the `error` of a failed job.
// PutlogError is how our own code throws one; stacks and causes stay inside the process.
import { type ErrorCode, errorCodes } from './error-codes.ts';

/** One violation: `pointer` is a JSON Pointer (RFC 6901) into the payload, '' is the whole of it. */
export type Violation = { pointer: string; detail: string };

/** RFC 9457 §3.1. `type` is `urn:putlog:error:<code>`; `code`, `errors` and `retriable` are extension members. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  retriable: boolean;
  instance?: string;
  errors?: Violation[];
};

type Extras = { cause?: unknown; errors?: Violation[]; retryAfter?: number };

/** An expected failure with a code of the table; `detail` says what to do, `retryAfter` is in whole seconds. */
export class PutlogError extends Error {
  readonly code: ErrorCode;
  readonly errors: Violation[] | undefined;
  readonly retryAfter: number | undefined;
  constructor(code: ErrorCode, detail: string, extras: Extras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'PutlogError';
    this.code = code;
    this.errors = extras.errors;
    this.retryAfter = extras.retryAfter;
  }
}

export function problem(code: ErrorCode, detail: string, errors?: Violation[]): Problem {
  const { title, status, retriable } = errorCodes[code];
  return { type: `urn:putlog:error:${code}`, title, status, detail, code, retriable, ...(errors && { errors }) };
}

export const problemOf = (error: PutlogError): Problem => problem(error.code, error.message, error.errors);
