// Where two JSON values differ first, in the order in which canonical JSON is written. Pure. A result may be nested as deeply as a text of its
// length can be, so nothing here calls itself.
import { canonicalJson } from '../schemas/canonical-json.ts';
import { pointerStep } from '../schemas/json-pointer.ts';
import { PutlogError } from '../schemas/problem.ts';

/** `pointer` is a JSON Pointer (RFC 6901); undefined: there is no such value. */
export type Differing = { pointer: string; was: unknown; is: unknown };

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null;

const memberOf = (of: Members, name: string): unknown => (Object.hasOwn(of, name) ? of[name] : undefined);

/** What both have inside, the last first. */
function inside({ pointer, was, is }: { pointer: string; was: Members; is: Members }): Differing[] {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  if (!Array.isArray(was)) names.sort();
  return names
    .reverse()
    .map((name) => ({ pointer: pointer + pointerStep(name), was: memberOf(was, name), is: memberOf(is, name) }));
}

/** Undefined: canonical JSON of both is the same. */
export function firstDifference(was: unknown, is: unknown): Differing | undefined {
  const left: Differing[] = [{ pointer: '', was, is }];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const { pointer, was: a, is: b } = one;
    if (isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b))
      for (const member of inside({ pointer, was: a, is: b })) left.push(member);
    // JSON knows one zero.
    else if (a !== b) return one;
  }
  return undefined;
}

/** Characters of a value that are shown. */
const shownAtMost = 60;

export const cutText = (text: string): string => (text.length > shownAtMost ? `${text.slice(0, shownAtMost)}…` : text);

/** A value as it is shown. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  try {
    return cutText(canonicalJson(value));
  } catch (error) {
    if (error instanceof PutlogError) return 'a value that is nested too deeply to be shown';
    throw error;
  }
}
