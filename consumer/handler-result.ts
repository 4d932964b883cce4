// Calls a handler and turns whatever it does (return, throw, anything else) into one value; it never throws itself. The
// handler runner does this on the event loop, the handler thread in its worker thread.
import type { JobContext, JobDefinition } from '../schemas/define-job.ts';
import type { ErrorCode } from '../schemas/error-codes.ts';
import { PutlogError, type Violation } from '../schemas/problem.ts';
import { NonRetryableError, RetryAfter } from '../schemas/retry-errors.ts';
import { createValueCheck } from '../schemas/value-check.ts';

/** `result` is JSON text; what a handler returns nothing for is `null`. */
export type HandlerResult = { ok: true; result: string } | HandlerFailure;

/** `again`: what the function said about another attempt, by what it threw; `after` in milliseconds. */
export type HandlerFailure = {
  ok: false;
  code: ErrorCode;
  detail: string;
  errors?: Violation[];
  again?: 'never' | { after: number };
};

const maxDetail = 2_000;

const cut = (text: string) => (text.length <= maxDetail ? text : `${text.slice(0, maxDetail)}…`);

/**
 * What was thrown, as words for whoever reads the failed job: the message, never the stack. `nonRetryable`: names of errors after
 * which there is no other attempt.
 */
export function failureOf(thrown: unknown, nonRetryable: readonly string[] = []): HandlerFailure {
  const base = { ok: false, code: 'job-failed' } as const;
  try {
    if (thrown instanceof Error) return { ...base, ...inError(thrown, nonRetryable) };
    return { ...base, detail: cut(`the function threw ${typeof thrown === 'string' ? thrown : inWords(thrown)}`) };
  } catch (unreadable) {
    // A getter or a proxy that throws: reading the value again, or its error, could throw again.
    return { ...base, detail: `the function threw something that cannot be read (${typeof unreadable})` };
  }
}

function inError(thrown: Error, nonRetryable: readonly string[]): Pick<HandlerFailure, 'detail' | 'errors' | 'again'> {
  const said = { detail: cut(String(thrown.message || thrown.name)) };
  if (thrown instanceof NonRetryableError || nonRetryable.includes(thrown.name)) return { ...said, again: 'never' };
  if (thrown instanceof RetryAfter) return { ...said, again: { after: Number(thrown.ms) } };
  if (thrown instanceof PutlogError && thrown.errors !== undefined) return { ...said, errors: thrown.errors };
  return said;
}

const inWords = (thrown: unknown): string => (typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown));

/** How results of one definition are checked; made once a type, since compiling takes a millisecond, and loadJobs has tried it. */
export function createResultCheck({ result: schema }: JobDefinition, limitBytes: number) {
  const check = createValueCheck(schema);
  const allowsNothing = check(undefined).length === 0;

  const invalid = (detail: string, errors?: Violation[]): HandlerResult => {
    return { ok: false, code: 'job-result-invalid', detail, ...(errors && { errors }) };
  };

  return (returned: unknown): HandlerResult => {
    let text: string;
    try {
      text = JSON.stringify(returned) ?? 'null';
    } catch (error) {
      const failure = failureOf(error);
      return invalid(`the result is not JSON: ${failure.detail}`);
    }
    const bytes = Buffer.byteLength(text);
    if (bytes > limitBytes) {
      const detail = `the result has ${bytes} bytes of JSON, more than ${limitBytes}; store it as a blob and return its id`;
      return { ok: false, code: 'job-result-too-large', detail };
    }
    // Checked is what is recorded and read later: a Date is a string by now, an undefined member is absent.
    const recorded: unknown = JSON.parse(text);
    const errors = check(recorded);
    if (errors.length === 0 || (returned === undefined && allowsNothing)) return { ok: true, result: text };
    return invalid('the result does not fit its schema', errors);
  };
}

export type ResultCheck = ReturnType<typeof createResultCheck>;

/** Never throws, never rejects, and leaves no rejection unhandled, however late it comes. */
export async function callHandler(
  { handler, retry }: JobDefinition,
  payload: unknown,
  context: JobContext,
  check: ResultCheck,
): Promise<HandlerResult> {
  try {
    // The payload was checked against the schema that the handler's own type comes from.
    return check(await handler(payload as never, context));
  } catch (thrown) {
    return failureOf(thrown, retry.nonRetryableErrors);
  }
}
