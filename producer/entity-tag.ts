// Conditions on entity tags (RFC 9110 §13), for every route that answers an ETag. No resource here has a date of its last change,
// so If-Modified-Since and If-Unmodified-Since are ignored, as §13.1.3 and §13.1.4 ask.
import type { IncomingHttpHeaders } from 'node:http';
import { PutlogError } from '../schemas/problem.ts';

const tags = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** A field against what there is: `current` is a strong tag; undefined: nothing is there. */
function names(field: string, current: string | undefined, compare: 'weakly' | 'strongly'): boolean {
  if (current === undefined) return false;
  if (field.trim() === '*') return true;
  return (field.match(tags) ?? []).some((tag) => tag === current || (compare === 'weakly' && tag === `W/${current}`));
}

export type Conditional = { method: string; headers: IncomingHttpHeaders };

/**
 * In the order of §13.2.2. To be asked where the answer would be a success, and before anything is done.
 * @param what is named in the refusal
 * @returns `unchanged`: the answer is a 304, which only GET and HEAD have
 * @throws PutlogError precondition-failed
 */
export function assertCondition(
  { method, headers }: Conditional,
  current: string | undefined,
  what: string,
): 'holds' | 'unchanged' {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && !names(match, current, 'strongly'))
    throw new PutlogError(
      'precondition-failed',
      current === undefined ? `there is no ${what} yet` : `${what} is not what If-Match names any more`,
    );
  if (noneMatch === undefined || !names(noneMatch, current, 'weakly')) return 'holds';
  if (method === 'GET' || method === 'HEAD') return 'unchanged';
  throw new PutlogError('precondition-failed', `${what} is there, and If-None-Match asks that it is not`);
}
