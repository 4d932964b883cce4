// The first offset to read of a partition, for a group that has read nothing of it yet. Whoever opens a partition asks, and keeps the
// answer, so that it is asked once.
import { isGone, type KafkaCluster } from '../platform/cluster.ts';
import type { Position } from '../schemas/position.ts';
import type { Start } from './start-from.ts';

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
