// A consumer of kafkajs that crashes comes back as a new member of its group, and the group waits a whole session for the
// old one before anybody gets a partition. So the old one is reported as gone. Called for every consumer of a group.
import type { Consumer } from 'kafkajs';
import type { KafkaCluster } from './cluster.ts';
import type { Logger } from './log.ts';
import { persist } from './persist.ts';

export type LostMemberOptions = {
  consumer: Consumer;
  cluster: Pick<KafkaCluster, 'leaveGroup'>;
  group: string;
  log: Logger;
  /** True: the consumer is being stopped. */
  closed: () => boolean;
};

/** UNKNOWN_MEMBER_ID: the group has found out by itself. */
const isForgotten = (error: unknown) => error instanceof Error && 'code' in error && error.code === 25;

export function leaveAsLostMember({ consumer, cluster, group, log, closed }: LostMemberOptions): void {
  let member: string | undefined;
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    member = payload.memberId;
  });
  consumer.on(consumer.events.CRASH, ({ payload: { restart } }) => {
    const lost = member;
    member = undefined;
    if (!restart || lost === undefined) return;
    const givenUp = () => closed() || member !== undefined;
    persist(() => cluster.leaveGroup(group, lost), {
      ...{ log, what: 'report a lost member to its group', final: isForgotten, givenUp },
    }).catch((error: unknown) => log.debug({ err: error }, 'the group needs no word of its lost member any more'));
  });
}
