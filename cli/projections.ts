// What `putlog projections` shows and does: it asks MongoDB itself, for that is where they are, and Kafka how much there is to read.
import { createCluster } from '../platform/cluster.ts';
import type { Config } from '../platform/config.ts';
import { kafkaSecurity } from '../platform/kafka-security.ts';
import { createLogger } from '../platform/log.ts';
import { createMongo } from '../platform/mongo.ts';
import { type KeptProjection, keptProjections, resetProjection } from '../platform/projection-store.ts';

/** `behind`: records that it has not read yet. */
export type ProjectionStatus = { name: string; documents: number; behind: number };

export type OpenProjections = ReturnType<typeof openProjections>;

/** `close` ends the connections. */
export function openProjections(config: Config) {
  const log = createLogger('projections', config.logLevel === 'info' ? 'warn' : config.logLevel, 2);
  const mongo = createMongo(config.mongoUri);
  const cluster = createCluster({
    ...{ brokers: config.kafkaBrokers, clientId: `putlog-projections-${process.pid}`, log },
    security: kafkaSecurity(config),
  });

  /** Topics of a queue that is gone are not asked for: nothing of them is left to read. */
  async function endsOf(kept: readonly KeptProjection[]): Promise<Map<string, number[]>> {
    const topics = [...new Set(kept.flatMap(({ checkpoints }) => checkpoints.map(({ topic }) => topic)))];
    if (topics.length === 0) return new Map();
    await cluster.watch(topics);
    return cluster.offsets(topics, 'latest');
  }

  return {
    /** By name. @throws what MongoDB or Kafka says */
    async list(): Promise<ProjectionStatus[]> {
      const kept = await keptProjections(mongo.db);
      const ends = await endsOf(kept);
      return kept.map(({ name, documents, checkpoints }) => {
        const left = checkpoints.map(({ topic, partition, next }) => (ends.get(topic)?.[partition] ?? next) - next);
        return { name, documents, behind: left.reduce((all, one) => all + Math.max(0, one), 0) };
      });
    },
    /** Resolves to how many documents were taken away. @throws Error where there is no such projection */
    async reset(name: string): Promise<number> {
      const taken = await resetProjection(mongo.db, name);
      if (taken === undefined)
        throw new Error(`there is no projection "${name}" yet; putlog projections list names those that there are`);
      return taken;
    },
    async close(): Promise<void> {
      await Promise.all([cluster.close(), mongo.close()]);
    },
  };
}
