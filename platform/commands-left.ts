// What the workers have left to do in a partition of commands, by the checkpoint that they committed and the ends of the log. The API tells it
// of queues, `putlog lag` of partitions; type-lag.ts asks about one command.
import { readCheckpoint } from '../schemas/checkpoint.ts';
import type { Position } from '../schemas/position.ts';
import type { KafkaCluster } from './cluster.ts';

/** A partition whose log goes from `start` to before `end`. */
export type Stretch = { topic: string; partition: number; start: number; end: number };

/** Every partition of these topics. @throws what Kafka says */
export async function stretchesOf(cluster: Pick<KafkaCluster, 'offsets'>, topics: string[]): Promise<Stretch[]> {
  const [starts, ends] = await Promise.all([cluster.offsets(topics, 'earliest'), cluster.offsets(topics, 'latest')]);
  return [...ends].flatMap(([topic, ofTopic]) =>
    ofTopic.map((end, partition) => ({ topic, partition, start: starts.get(topic)?.[partition] ?? 0, end })),
  );
}

/**
 * `depth`: commands without an outcome, those that run included; `oldestAt`: when the oldest of them was put there (milliseconds since the
 * epoch), null where there is none. @throws what Kafka says
 */
export async function commandsLeft(
  cluster: Pick<KafkaCluster, 'committed' | 'fetch'>,
  group: string,
  { topic, partition, start, end }: Stretch,
): Promise<{ depth: number; oldestAt: number | null }> {
  const committed = await cluster.committed(group, topic, partition);
  const { offset, next, undone, mark } = readCheckpoint(committed?.offset ?? 0, committed?.metadata ?? '');
  const inHand = mark?.undone ?? undone.filter((one) => one >= start).length;
  const depth = inHand + Math.max(0, end - Math.max(next, start));
  if (depth === 0) return { depth, oldestAt: null };
  const { records } = await cluster.fetch(topic, partition, Math.max(offset, start), 1, 0);
  return { depth, oldestAt: records[0]?.timestamp ?? null };
}

/** Whether this command has no outcome; where the checkpoint does not say which have, it counts as without. @throws what Kafka says */
export async function isLeft(
  cluster: Pick<KafkaCluster, 'committed'>,
  group: string,
  { topic, partition, offset }: Position,
): Promise<boolean> {
  const committed = await cluster.committed(group, topic, partition);
  const { offset: first, next, undone, mark } = readCheckpoint(committed?.offset ?? 0, committed?.metadata ?? '');
  return offset >= next || (offset >= first && (mark !== undefined || undone.includes(offset)));
}
