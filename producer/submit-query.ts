// The query of a submit: `key`, the ordering key. What is not known is refused, because a mistyped parameter that is
// ignored silently changes what a call means.
import { PutlogError } from '../schemas/problem.ts';

/** U+FFFD is what percent-encoding that is not UTF-8 turns into: it would make two keys one. */
const printable = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u{fffd}]{1,200}$/u;

/** @throws PutlogError malformed-request */
export function orderingKeyOf(url: string): string | undefined {
  const start = url.indexOf('?');
  if (start === -1) return undefined;
  let key: string | undefined;
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    if (name !== 'key')
      throw new PutlogError('malformed-request', `the query parameter "${name}" is not known; allowed: key`);
    if (key !== undefined) throw new PutlogError('malformed-request', 'the query parameter "key" stands there twice');
    if (!printable.test(value))
      throw new PutlogError('malformed-request', 'the query parameter "key" must be 1 to 200 printable characters');
    key = value;
  }
  return key;
}
