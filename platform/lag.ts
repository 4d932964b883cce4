// How far workers and projector are behind the log, partition by partition: by the checkpoints that they keep themselves, the workers with
// their commits, the projector beside its documents. `putlog lag` asks.
import type { Db } from 'mongodb';
import { groupNames, laneOf, topicNames } from '../schemas/topics.ts';
import { createCluster } from './cluster.ts';
import { commandsLeft, type Stretch, stretchesOf } from './commands-left.ts';
import type { Config } from './config.ts';
import { createKafka } from './kafka.ts';
import { kafkaSecurity } from './kafka-security.ts';
import type { Logger } from './log.ts';
import { readCheckpoints, readModelNamed } from './read-model.ts';
import { readAlias } from './read-model-alias.ts';

/**
 * `queue` and `lane` of commands; null: of events. `workers`: commands without an outcome; null: events are not theirs. `projector`: records
 * that are not in the read model; null: it is not known. `oldestAt`: of what the workers have left, milliseconds since the epoch.
 */
export type PartitionLag = Stretch & {
  queue: string | null;
  lane: string | null;
  workers: number | null;
  oldestAt: number | null;
  projector: number | null;
};

/** Topic → partition → first offset that the projector has not taken. @throws what MongoDB says */
export async function projectorCheckpoints(db: Db, topics: string[]): Promise<Map<string, Record<string, number>>> {
  return readCheckpoints(readModelNamed(db, (await readAlias(db)).current), topics);
}

/** @throws what Kafka says */
export async function openLag(config: Config, log: Logger) {
  const address = { brokers: config.kafkaBrokers, clientId: `putlog-lag-${process.pid}`, log };
  const connection = { ...address, security: kafkaSecurity(config) };
  const names = topicNames(config.prefix);
  const admin = createKafka(connection).admin();
  await admin.connect();
  const prefix = names.commands('', 'normal').replace(/\.normal$/, '');
  const existing = await admin.listTopics().finally(() => admin.disconnect());
  const commands = existing.filter((topic) => topic.startsWith(prefix) && laneOf(topic).of !== topic).sort();
  const topics = [...commands, ...existing.filter((topic) => topic === names.events)];
  const cluster = createCluster(connection);
  await cluster.watch(topics);
  const group = groupNames(config.prefix).workers;

  return {
    topics,
    /** `checkpoints` of the projector; undefined: they are not known. @throws what Kafka says */
    async read(checkpoints: Awaited<ReturnType<typeof projectorCheckpoints>> | undefined): Promise<PartitionLag[]> {
      const stretches = topics.length === 0 ? [] : await stretchesOf(cluster, topics);
      return Promise.all(
        stretches.map(async (stretch) => {
          const { topic, partition, start, end } = stretch;
          const next = checkpoints && Math.max(start, checkpoints.get(topic)?.[partition] ?? 0);
          const projector = next === undefined ? null : Math.max(0, end - next);
          if (topic === names.events)
            return { ...stretch, projector, queue: null, lane: null, workers: null, oldestAt: null };
          const { of, lane } = laneOf(topic);
          const { depth, oldestAt } = await commandsLeft(cluster, group, stretch);
          return { ...stretch, projector, queue: of.slice(prefix.length), lane, workers: depth, oldestAt };
        }),
      );
    },
    close: () => cluster.close(),
  };
}
