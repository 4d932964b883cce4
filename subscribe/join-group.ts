// Membership of a subscriber in its consumer group: who has which partition, and nothing more. kafkajs keeps it, and is kept from
// fetching: everything stays paused for it, so that its handlers, its jumps and its commits are none of ours.
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { KafkaCluster } from '../platform/cluster.ts';
import { assignedIn, commit, createGroupConsumer } from '../platform/group-consumer.ts';
import type { Logger } from '../platform/log.ts';

export type JoinGroupOptions = {
  kafka: Kafka;
  cluster: Pick<KafkaCluster, 'leaveGroup'>;
  group: string;
  topic: string;
  sessionTimeoutMs: number;
  log: Logger;
  fatal: (error: unknown) => void;
  /** `kept`: it has been a member without a break, so what it had before and has still was nobody else's in between. */
  assigned: (partitions: number[], kept: boolean) => void;
  /** The group is about to share its partitions out anew; what is committed now still counts. */
  leaving: () => void;
};

export type Membership = ReturnType<typeof joinGroup>;

export function joinGroup({ kafka, cluster, group, topic, sessionTimeoutMs, log, ...rest }: JoinGroupOptions) {
  const { fatal, assigned, leaving } = rest;
  let closed = false;
  let member: string | undefined;
  const consumer = createGroupConsumer({ kafka, cluster, group, sessionTimeoutMs, log, closed: () => closed, fatal });

  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) => {
    const mine = assignedIn(memberAssignment).filter((one) => one.topic === topic);
    const partitions = mine.map(({ partition }) => partition);
    consumer.pause([{ topic }]);
    const kept = memberId === member;
    member = memberId;
    if (!closed) assigned(partitions, kept);
  });
  consumer.on(consumer.events.REBALANCING, () => leaving());

  return {
    async join(): Promise<void> {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      if (!closed) await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
      // It left before it had come.
      if (closed) await consumer.disconnect();
    },
    /** Partition → the first offset that is not done. @throws where it is no member just now */
    commit: (next: ReadonlyMap<number, number>) =>
      commit(
        consumer,
        [...next].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
      ),
    /** So that its partitions are somebody else's at once. Waits for it at most `deadline` milliseconds. */
    async leave(deadline: number): Promise<void> {
      closed = true;
      await Promise.race([consumer.disconnect(), delay(deadline, undefined, { ref: false })]);
    },
  };
}
