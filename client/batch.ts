// Many calls in one request, as an iterator of what became of each, in their order: answers come while calls are still sent, and
// neither side holds more than it must. A browser sends all of it before it reads, and only over HTTP/2.
import { type CallOptions, callMembers } from './call-request.ts';
import type { Connection } from './connection.ts';
import { linesOf, readLines } from './lines.ts';
import { ConnectionError, type Problem, ProblemError } from './problem-error.ts';

/** `line` counts from 1. */
export type BatchAnswer =
  | {
      readonly line: number;
      readonly status: 200 | 202;
      readonly type: string;
      readonly id: string;
      readonly location: string;
    }
  | (Problem & { readonly line: number });

export const isRefused = (answer: BatchAnswer): answer is Problem & { readonly line: number } => 'code' in answer;

export type BatchLine = CallOptions & { type: string; id?: string; payload: unknown };

export type BatchOptions = {
  /** The same calls sent again under the same key are the same jobs, also those without an id. */
  idempotencyKey?: string;
  signal?: AbortSignal;
};

const memberLine = ({ type, id, payload, ...options }: BatchLine) => ({
  ...{ type, ...(id !== undefined && { id }), payload, ...callMembers(options) },
});

function* memberLines(calls: Iterable<BatchLine>) {
  for (const call of calls) yield memberLine(call);
}
async function* memberLinesToCome(calls: AsyncIterable<BatchLine>) {
  for await (const call of calls) yield memberLine(call);
}

/**
 * What was accepted before it breaks off stays accepted. A caller that stops reading ends the request.
 * @throws ProblemError for the whole, ConnectionError, the signal's reason, what `calls` throws
 */
export async function* batch(
  { open }: Connection,
  calls: Iterable<BatchLine> | AsyncIterable<BatchLine>,
  { idempotencyKey, signal }: BatchOptions = {},
): AsyncGenerator<BatchAnswer> {
  const request = new AbortController();
  const lines = linesOf(Symbol.iterator in calls ? memberLines(calls) : memberLinesToCome(calls));
  try {
    const response = await open({
      // The answer begins with the first of the answers, and the first of the calls may be long in coming.
      ...{ method: 'POST', path: 'jobs', repeatable: 'never', body: lines.body, waits: Number.POSITIVE_INFINITY },
      headers: {
        'content-type': 'application/x-ndjson',
        ...(idempotencyKey !== undefined && { 'idempotency-key': `"${idempotencyKey}"` }),
      },
      signal: signal === undefined ? request.signal : AbortSignal.any([signal, request.signal]),
    });
    if (response.body === null) return;
    for await (const line of readLines(response.body)) yield line as BatchAnswer;
  } catch (error) {
    // The body was broken off because of it.
    const failure = lines.failure();
    if (failure !== undefined) throw failure.error;
    signal?.throwIfAborted();
    if (error instanceof ProblemError || error instanceof ConnectionError) throw error;
    throw new ConnectionError('the answers broke off; what was accepted stays accepted', { cause: error });
  } finally {
    request.abort();
    lines.end();
  }
}
