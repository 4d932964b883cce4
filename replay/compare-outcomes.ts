// Whether a job comes to the same with new code: the recorded end of its latest attempt beside what the new code made of it. Pure.
import type { HandlerResult } from '../consumer/handler-result.ts';
import type { ErrorCode } from '../schemas/error-codes.ts';
import { valueAt } from '../schemas/json-pointer.ts';
import type { Problem, Violation } from '../schemas/problem.ts';
import { cutText, firstDifference, valueText } from './first-difference.ts';
import type { PastEnd } from './pair-ends.ts';

/**
 * `result`: both succeeded, with different results. `payload`: the new schema refuses what was called with. `returned`: the new schema of
 * results refuses what the new code returns. `outcome`: any other.
 */
export type DifferenceKind = 'result' | 'payload' | 'returned' | 'outcome';

/** `pointer` is a JSON Pointer into the result, or into the payload where that is refused; `was` and `is` are texts to be shown. */
export type Difference = {
  kind: DifferenceKind;
  recorded: string;
  replayed: string;
  pointer: string;
  was: string;
  is: string;
};

/** Ends that no function came to. */
const othersDoing: ReadonlySet<string> = new Set<ErrorCode>([
  'job-cancelled',
  'unknown-job-type',
  'job-killed-its-worker',
  'job-subject-erased',
]);

const problemIn = ({ error }: PastEnd): Partial<Problem> => JSON.parse(error ?? '{}');

/** Whether its function came to it, so that there is anything to compare. */
export const isOfFunction = (end: PastEnd): boolean =>
  end.kind !== 'cancelled' && !othersDoing.has(problemIn(end).code ?? '');

const refused = { 'invalid-payload': 'payload refused', 'job-result-invalid': 'result refused' } as const;

const isRefusal = (code: ErrorCode): code is keyof typeof refused => Object.hasOwn(refused, code);

/** Where something does not fit its schema: what is there now, and why it does not. */
const violated = ([first]: readonly Violation[], detail: string, value: unknown) => ({
  pointer: first?.pointer ?? '',
  was: valueText(valueAt(value, first?.pointer ?? '')),
  is: cutText(first?.detail ?? detail),
});

/** `payload` is the JSON text that it was called with. Undefined: it is the same. */
export function compareOutcomes(end: PastEnd, payload: string, now: HandlerResult): Difference | undefined {
  const past = end.kind === 'succeeded' ? undefined : problemIn(end);
  const recorded = past === undefined ? end.kind : `${end.kind} ${past.code ?? ''}`.trimEnd();
  const value = (): unknown => JSON.parse(end.result ?? 'null');

  if (now.ok) {
    if (past !== undefined) {
      const about = { pointer: '', was: cutText(past.detail ?? ''), is: valueText(JSON.parse(now.result)) };
      return { kind: 'outcome', recorded, replayed: 'succeeded', ...about };
    }
    if (end.result === now.result) return undefined;
    const found = firstDifference(value(), JSON.parse(now.result));
    if (found === undefined) return undefined;
    const { pointer, was, is } = found;
    const kind = 'result';
    return { kind, recorded, replayed: 'succeeded', pointer, was: valueText(was), is: valueText(is) };
  }

  const { code, detail, errors = [] } = now;
  if (past?.code === code) return undefined;
  if (isRefusal(code)) {
    const kind = code === 'invalid-payload' ? 'payload' : 'returned';
    const of = kind === 'payload' ? (JSON.parse(payload) as unknown) : value();
    return { kind, recorded, replayed: refused[code], ...violated(errors, detail, of) };
  }
  const was = past === undefined ? valueText(value()) : cutText(past.detail ?? '');
  return { kind: 'outcome', recorded, replayed: `failed ${code}`, pointer: '', was, is: cutText(detail) };
}
