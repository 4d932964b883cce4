// Where a group begins that has read nothing yet: at the beginning, at the end, at a time, or at a position. What is said is read once;
// each partition is then asked where that is in it. `open` of a partition asks, and keeps the answer, so that it is asked once.
import { isGone, type KafkaCluster } from '../platform/cluster.ts';
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

type Log = Pick<KafkaCluster, 'offsets' | 'offsetAt' | 'fetch'>;

/** How long a record is waited for that is said to be there (milliseconds). */
const maxWaitMs = 1_000;

/** @returns what gives the first offset to read of a partition. It rejects with what Kafka says, and may be asked again. */
export function createFirstOffset(log: Log, topic: string, start: Start): (partition: number) => Promise<number> {
  const edge = async (partition: number, at: 'earliest' | 'latest') =>
    (await log.offsets([topic], at)).get(topic)?.[partition] ?? 0;

  async function atTime(partition: number, time: number): Promise<number> {
    // The end first: what is appended in between is not older.
    const end = await edge(partition, 'latest');
    return (await log.offsetAt(topic, partition, time)) ?? end;
  }

  /** Of the record that stands there, or the first one left behind it; undefined: there is none yet. */
  async function timeAt({ partition, offset }: Position): Promise<number | undefined> {
    const timeFrom = async (from: number) => {
      const { records } = await log.fetch(topic, partition, from, 1, maxWaitMs);
      return records[0]?.timestamp;
    };
    if (offset >= (await edge(partition, 'latest'))) return undefined;
    try {
      return await timeFrom(offset);
    } catch (error) {
      if (!isGone(error)) throw error;
      return timeFrom(await edge(partition, 'earliest'));
    }
  }

  return async (partition) => {
    switch (start.at) {
      case 'beginning':
        return edge(partition, 'earliest');
      case 'latest':
        return edge(partition, 'latest');
      case 'time':
        return atTime(partition, start.time);
      case 'position': {
        const { position } = start;
        if (position.partition === partition) return position.offset;
        const time = await timeAt(position);
        return time === undefined ? edge(partition, 'latest') : atTime(partition, time);
      }
      default:
        return start satisfies never;
    }
  };
}
