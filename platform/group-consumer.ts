// A member of a consumer group as ours are: never commits by itself, outlasts any absence of the brokers, tells its group
// when it was lost, and ends the process when kafkajs gives up for good. Workers and projectors are made of it.
import type { Consumer, Kafka } from 'kafkajs';
import type { KafkaCluster } from './cluster.ts';
import { leaveAsLostMember } from './leave-lost-member.ts';
import type { Logger } from './log.ts';

export type GroupConsumerOptions = {
  kafka: Kafka;
  cluster: Pick<KafkaCluster, 'leaveGroup'>;
  group: string;
  sessionTimeoutMs: number;
  log: Logger;
  /** True: the consumer is being stopped. */
  closed: () => boolean;
  fatal: (error: unknown) => void;
};

export function createGroupConsumer({
  kafka,
  cluster,
  group,
  sessionTimeoutMs,
  ...rest
}: GroupConsumerOptions): Consumer {
  const { log, closed, fatal } = rest;
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: Math.max(sessionTimeoutMs, 30_000),
    heartbeatInterval: Math.min(1_000, sessionTimeoutMs / 3),
    maxWaitTimeInMs: 200,
    maxBytesPerPartition: 524_288,
    allowAutoTopicCreation: false,
    // Every field, because kafkajs's defaults change with NODE_ENV.
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      factor: 0.2,
      multiplier: 2,
      retries: Number.MAX_SAFE_INTEGER,
      restartOnFailure: async () => true,
    },
  });
  leaveAsLostMember({ consumer, cluster, group, log, closed });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (restart) log.info({ reason: error.message }, 'the consumer restarts');
    else fatal(error);
  });
  return consumer;
}
