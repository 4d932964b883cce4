// The log as it is, for whoever folds it anew: every topic of commands that is there, also of queues that no job type names any more, and
// the events. Nothing is made and nothing is registered.
import { createCluster, type KafkaCluster } from '../platform/cluster.ts';
import type { Config } from '../platform/config.ts';
import { createKafka } from '../platform/kafka.ts';
import { kafkaSecurity } from '../platform/kafka-security.ts';
import type { Logger } from '../platform/log.ts';
import { createRegistry } from '../platform/registry.ts';
import { createDecoder } from '../platform/wire-format.ts';
import { type Command, commandType } from '../schemas/command.ts';
import { commandFault } from '../schemas/command-fault.ts';
import { eventType, type JobEvent } from '../schemas/event.ts';
import { topicNames } from '../schemas/topics.ts';

export type HistoryLog = {
  cluster: Pick<KafkaCluster, 'fetch' | 'offsets' | 'offsetAt'>;
  /** Commands first. */
  topics: string[];
  eventsTopic: string;
  readCommand: (value: Buffer | null) => Command | Promise<Command>;
  readEvent: (value: Buffer | null) => JobEvent | Promise<JobEvent>;
};

/** No schema is written here: every id is asked of the registry. */
const noOwnId = -1;

/** `close` ends the connections. @throws Error where Kafka does not answer, or holds no log of this prefix */
export async function openHistoryLog(
  config: Config,
  log: Logger,
): Promise<HistoryLog & { close: () => Promise<void> }> {
  const connection = {
    ...{ brokers: config.kafkaBrokers, clientId: `putlog-history-${process.pid}`, log },
    security: kafkaSecurity(config),
  };
  const { events: eventsTopic } = topicNames(config.prefix);
  const commandTopics = (await topicsIn(connection)).filter((name) => name.startsWith(`${config.prefix}.commands.`));
  const cluster = createCluster(connection);
  const topics = [...commandTopics.sort(), eventsTopic];
  try {
    await cluster.watch(topics);
  } catch (cause) {
    await cluster.close();
    const where = `${config.kafkaBrokers} (KAFKA_BROKERS)`;
    throw new Error(`there is no log ${eventsTopic} at ${where}: set PUTLOG_PREFIX as the services have it`, { cause });
  }
  const { schemaById } = createRegistry({ url: config.registryUrl, log });
  return {
    ...{ cluster, topics, eventsTopic },
    readCommand: createDecoder<Command>(commandType, noOwnId, schemaById, commandFault),
    readEvent: createDecoder<JobEvent>(eventType, noOwnId, schemaById),
    close: () => cluster.close(),
  };
}

async function topicsIn(connection: Parameters<typeof createKafka>[0]): Promise<string[]> {
  const admin = createKafka(connection).admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } catch (cause) {
    throw new Error(`Kafka does not answer at ${connection.brokers} (KAFKA_BROKERS)`, { cause });
  } finally {
    await admin.disconnect();
  }
}
