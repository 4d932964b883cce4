// A moment of the log, as the parameter `at` names it: a time that has passed, or the position of a record.
import { type Position, readPosition } from '../schemas/position.ts';
import { millisecondsOfTime, parametersOf, refuseQuery } from './query-values.ts';

/** `time` in milliseconds since the epoch. */
export type Moment = { readonly time: number } | { readonly position: Position };

/** @param now milliseconds since the epoch. @returns undefined: now. @throws PutlogError malformed-request */
export function momentOf(url: string, now: number): Moment | undefined {
  const [[, value] = []] = [...parametersOf(url, ['at'])];
  if (value === undefined) return undefined;
  const position = readPosition(value);
  if (position !== undefined) return { position };
  const time = millisecondsOfTime(value);
  if (time === undefined)
    throw refuseQuery(
      '"at" must be an RFC 3339 time with an offset, such as 2026-01-31T08:00:00Z, or a position of the log, such as putlog.events/3@1742',
    );
  if (time > now)
    throw refuseQuery('"at" names a time that has not come yet; leave it out to be told what is known now');
  return { time };
}
