// Creates topics and waits until they can be used. kafkajs waits too, but only while a leader is being elected: that the broker which
// has just created a topic does not know of it yet, as it happens without ZooKeeper, fails it with UNKNOWN_TOPIC_OR_PARTITION.
import type { Admin, ITopicConfig } from 'kafkajs';
import type { Logger } from './log.ts';
import { persist } from './persist.ts';

const timeout = 10_000;
const notYet: readonly unknown[] = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'];

/** Those that are there already are left as they are. @throws what kafkajs says, also when a leader is lacking after 10 s */
export async function createTopics(admin: Admin, topics: ITopicConfig[], log: Logger): Promise<void> {
  if (topics.length === 0) return;
  await admin.createTopics({ topics, timeout, waitForLeaders: false });
  const names = topics.map(({ topic }) => topic);
  const limit = performance.now() + timeout;
  await persist(() => admin.fetchTopicMetadata({ topics: names }), {
    ...{ log, what: 'see the leaders of new topics', maxDelayMs: 100 },
    final: (error) => !notYet.includes((error as { type?: unknown }).type) || performance.now() > limit,
  });
}
