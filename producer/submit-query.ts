// The query of a submit: `key`, the ordering key, `delay` or `notBefore`, when it may run, `timeout`, how long, and what follows it.
import { type CallOptions, type JobName, longestTimeout } from '../schemas/call-options.ts';
import type { PutlogError } from '../schemas/problem.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { dateTimeRule, millisecondsOfTime, parametersOf, refuseQuery } from './query-values.ts';

/** `notBefore` in milliseconds since the epoch. */
export type SubmitQuery = { key?: string; notBefore?: number; options?: CallOptions };

/** U+FFFD is what percent-encoding that is not UTF-8 turns into: it would make two keys one. */
const printable = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u{fffd}]{1,200}$/u;
export const isOrderingKey = (key: string): boolean => printable.test(key);
export const orderingKeyRule = 'must be 1 to 200 printable characters';

const second = 1_000;
const day = 86_400 * second;
const longest = 366 * day;

/** ISO 8601-1 §5.5.2.3, without years and months: those have no fixed length. */
const duration = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/;

const malformedDuration = 'must be seconds, such as 90, or an ISO 8601 duration of weeks or less, such as PT1H30M';

/** What a value is read with: the job that is submitted, and what was read before it. */
type About = { now: number; self: JobName; followUps: FollowUpReaders; options: CallOptions };

/** What a reader of options gives, as it stands in the query. */
const optional = (options: CallOptions | string): SubmitQuery | string =>
  typeof options === 'string' ? options : { options };

/** A reason not to take the value is text. */
const readers: Record<string, (value: string, about: About) => SubmitQuery | string> = {
  key: (key) => (isOrderingKey(key) ? { key } : orderingKeyRule),
  delay(value, { now }) {
    const ms = millisecondsOf(value);
    if (ms === undefined) return malformedDuration;
    return ms <= longest ? { notBefore: now + ms } : 'must be at most 366 days';
  },
  notBefore(value, { now }) {
    const at = millisecondsOfTime(value);
    if (at === undefined) return dateTimeRule;
    return at - now <= longest ? { notBefore: at } : 'must be at most 366 days from now';
  },
  timeout(value) {
    const timeoutMs = millisecondsOf(value);
    if (timeoutMs === undefined) return malformedDuration;
    return timeoutMs >= 1 && timeoutMs <= longestTimeout ? { options: { timeoutMs } } : 'must be 1 ms to 24 days';
  },
  // biome-ignore lint/suspicious/noThenProperty: it is the name of the parameter
  then: (value, { self, followUps, options }) => optional(followUps.next(value, options.next ?? [], self)),
  callback: (value, { followUps }) => optional(followUps.callback(value)),
  notify: (value, { followUps }) => optional(followUps.notify(value)),
};

function millisecondsOf(value: string): number | undefined {
  if (/^\d+(\.\d{1,3})?$/.test(value)) return Math.round(Number(value) * second);
  const parts = duration.exec(value);
  if (parts === null || /[PT]$/.test(value)) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return Math.round((weeks * 7 + days) * day + (hours * 3_600 + minutes * 60 + seconds) * second);
}

const known = Object.keys(readers);
const often = ['then'];

/**
 * @param given name and value of each, in their order; @param refuse makes the error out of what is wrong with one
 * @param about `now` in milliseconds since the epoch. @throws what `refuse` makes; PutlogError not-configured, address-not-allowed
 */
export function submitOptionsOf(
  given: Iterable<readonly [name: string, value: string]>,
  about: Omit<About, 'options'>,
  refuse: (detail: string) => PutlogError,
): SubmitQuery {
  const query: SubmitQuery = {};
  const seen = new Set<string>();
  for (const [name, value] of given) {
    seen.add(name);
    const found = readers[name]?.(value, { ...about, options: query.options ?? {} });
    if (typeof found === 'string') throw refuse(`"${name}" ${found}`);
    Object.assign(query, found, found?.options && { options: { ...query.options, ...found.options } });
  }
  if (seen.has('delay') && seen.has('notBefore')) throw refuse('"delay" says when, and so does "notBefore"; give one');
  return query;
}

/** @throws PutlogError malformed-request, not-configured, address-not-allowed */
export const submitQueryOf = (url: string, about: Omit<About, 'options'>): SubmitQuery =>
  submitOptionsOf(parametersOf(url, known, often), about, refuseQuery);
