// Whether a payload may be submitted: that it fits the schema of its type, and of a snapshot that its moment is not still to come. Every
// route that takes payloads asks it.
import type { JobDefinition } from '../schemas/define-job.ts';
import { snapshotType } from '../schemas/own-types.ts';
import { readPosition } from '../schemas/position.ts';
import type { Violation } from '../schemas/problem.ts';
import { createValueCheck } from '../schemas/value-check.ts';
import { dateTimeRule, millisecondsOfTime } from './query-values.ts';

/** `payload` fits the schema. @param now milliseconds since the epoch */
export function momentFaults(payload: unknown, now: number): Violation[] {
  const { at = '' } = payload as { at?: string };
  if (readPosition(at) !== undefined) return [];
  const time = millisecondsOfTime(at);
  if (time === undefined) return [{ pointer: '/at', detail: `${dateTimeRule}, or a position of the log` }];
  return time > now ? [{ pointer: '/at', detail: 'names a time that has not come yet' }] : [];
}

/** @returns a function that lists what is wrong with a payload; none: it may be submitted */
export function createPayloadCheck({ type, payload: schema }: JobDefinition): (value: unknown) => Violation[] {
  const check = createValueCheck(schema);
  if (type !== snapshotType) return check;
  return (value) => {
    const wrong = check(value);
    return wrong.length > 0 ? wrong : momentFaults(value, Date.now());
  };
}
