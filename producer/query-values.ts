// The query of a request: each parameter once, none that is not known, because a mistyped one that is ignored silently changes what a
// call means; and the values that more than one route reads, each with what it should be instead.
import { PutlogError } from '../schemas/problem.ts';

export const refuseQuery = (detail: string) => new PutlogError('malformed-request', `the query parameter ${detail}`);

/** Name and value of each, in the order of the address; those of `often` may come more than once. @throws PutlogError malformed-request */
export function* parametersOf(
  url: string,
  known: readonly string[],
  often: readonly string[] = [],
): Generator<[name: string, value: string]> {
  const start = url.indexOf('?');
  if (start === -1) return;
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    if (!known.includes(name)) throw refuseQuery(`"${name}" is not known; allowed: ${known.join(', ')}`);
    if (seen.has(name) && !often.includes(name)) throw refuseQuery(`"${name}" stands there twice`);
    seen.add(name);
    yield [name, value];
  }
}

/** RFC 3339 §5.6: with an offset, for a time without one means another moment in each place. */
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

export const dateTimeRule = 'must be an RFC 3339 time with an offset, such as 2030-01-31T08:00:00Z';

/** Milliseconds since the epoch; undefined: it is no such time. */
export function millisecondsOfTime(value: string): number | undefined {
  const at = rfc3339.test(value) ? Date.parse(value.replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** Milliseconds since the epoch. @throws PutlogError malformed-request */
export function dateTime(name: string, value: string): number {
  const at = millisecondsOfTime(value);
  if (at === undefined) throw refuseQuery(`"${name}" ${dateTimeRule}`);
  return at;
}

/** @throws PutlogError malformed-request */
export function wholeNumber(name: string, value: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most))
    throw refuseQuery(`"${name}" must be a whole number from ${least} to ${most}`);
  return number;
}

/** @throws PutlogError malformed-request */
export function trueOrFalse(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw refuseQuery(`"${name}" must be true or false`);
  return value === 'true';
}
