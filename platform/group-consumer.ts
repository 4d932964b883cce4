// A member of a consumer group as ours are: never commits by itself, outlasts any absence of the brokers, tells its group
// when it was lost, and ends the process when kafkajs gives up for good. Workers and projectors are made of it.
import { type Consumer, type Kafka, PartitionAssigners } from 'kafkajs';
import type { KafkaCluster } from './cluster.ts';
import './kafkajs-commits.ts';
import { leaveAsLostMember } from './leave-lost-member.ts';
import type { Logger } from './log.ts';
import { createStickyAssigner } from './sticky-assigner.ts';

export type GroupConsumerOptions = {
  kafka: Kafka;
  cluster: Pick<KafkaCluster, 'leaveGroup'>;
  group: string;
  sessionTimeoutMs: number;
  log: Logger;
  /** True: the consumer is being stopped. */
  closed: () => boolean;
  fatal: (error: unknown) => void;
  /** Kafka holds a fetch back until it has so many bytes to give, or for so long (milliseconds). */
  fetch?: { minBytes: number; maxWaitTimeInMs: number } | undefined;
};

/** The partitions that a member was given, as GROUP_JOIN tells them. */
export const assignedIn = (assignment: Record<string, number[]>): { topic: string; partition: number }[] =>
  Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));

/** Longer than any request takes; an answer that has not come by then never does (milliseconds). */
const commitWithin = 15_000;

/** @throws what Kafka says, or that it says nothing; what is committed next is newer anyway */
export async function commit(
  consumer: Pick<Consumer, 'commitOffsets'>,
  offsets: Parameters<Consumer['commitOffsets']>[0],
): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new Error(`no answer to a commit within ${commitWithin} ms`)), commitWithin);
  await Promise.race([consumer.commitOffsets(offsets), promise]).finally(() => clearTimeout(late));
}

export function createGroupConsumer({
  kafka,
  cluster,
  group,
  sessionTimeoutMs,
  ...rest
}: GroupConsumerOptions): Consumer {
  const { log, closed, fatal, fetch = { minBytes: 1, maxWaitTimeInMs: 200 } } = rest;
  let owned: ReturnType<Parameters<typeof createStickyAssigner>[0]> = { owned: [], since: 0 };
  const consumer = kafka.consumer({
    groupId: group,
    // The other one for the time of an upgrade: members must have one in common.
    partitionAssigners: [createStickyAssigner(() => owned), PartitionAssigners.roundRobin],
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: Math.max(sessionTimeoutMs, 30_000),
    heartbeatInterval: Math.min(1_000, sessionTimeoutMs / 3),
    ...fetch,
    maxBytesPerPartition: 262_144,
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
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    owned = { owned: assignedIn(payload.memberAssignment), since: Date.now() };
  });
  leaveAsLostMember({ consumer, cluster, group, log, closed });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (restart) log.info({ reason: error.message }, 'the consumer restarts');
    else fatal(error);
  });
  return consumer;
}
