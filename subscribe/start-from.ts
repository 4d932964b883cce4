// Where a group begins that has read nothing yet: at the beginning, at the end, at a time, or at a position. What a subscription was told
// is read once, here; first-offset.ts asks where that is in each partition.
import { type Position, positionText } from '../schemas/position.ts';

/** A time is a Date, or RFC 3339 text. A position is one partition's; the others begin at the time of the record that stands there. */
export type StartFrom = 'beginning' | 'latest' | Date | string | Position;

export type Start =
  | { at: 'beginning' | 'latest' }
  /** Milliseconds since the epoch. */
  | { at: 'time'; time: number }
  | { at: 'position'; position: Position };

const positionPattern = /^(.+)\/(\d{1,9})@(\d{1,15})$/;
const timePattern = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** @param topic of the events. @throws TypeError that says what it may be */
export function startOf(from: StartFrom, topic: string): Start {
  if (from === 'beginning' || from === 'latest') return { at: from };
  if (from instanceof Date) return timeOf(from.getTime(), 'an invalid Date');
  if (typeof from === 'object') return positionIn(topic, from);
  const [, named, partition, offset] = positionPattern.exec(from) ?? [];
  if (named !== undefined)
    return positionIn(topic, { topic: named, partition: Number(partition), offset: Number(offset) });
  return timeOf(timePattern.test(from) ? Date.parse(from) : Number.NaN, `"${from}"`);
}

function timeOf(time: number, shown: string): Start {
  if (!Number.isNaN(time)) return { at: 'time', time };
  throw new TypeError(
    `from is 'beginning', 'latest', a time (a Date, or RFC 3339) or topic/partition@offset, not ${shown}`,
  );
}

function positionIn(topic: string, position: Position): Start {
  const { partition, offset } = position;
  if (![partition, offset].every((count) => Number.isSafeInteger(count) && count >= 0))
    throw new TypeError(`from has a position that cannot be: ${positionText(position)}`);
  if (position.topic !== topic)
    throw new TypeError(
      `from is a position of ${position.topic}; events are in ${topic}: give the position of an event`,
    );
  return { at: 'position', position };
}
