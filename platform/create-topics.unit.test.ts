import type { Admin } from 'kafkajs';
import { expect, test } from 'vitest';
import { silent } from '../test/stack/log.ts';
import { createTopics } from './create-topics.ts';

const topics = [{ topic: 'a', numPartitions: 2, replicationFactor: 1 }];

/** An admin client whose broker fails so to tell what it knows of the topics, one after the other, and then tells it. */
function adminThatFails(types: string[]) {
  const calls: string[] = [];
  const admin = {
    async createTopics(options: object) {
      calls.push(JSON.stringify(options));
      return true;
    },
    async fetchTopicMetadata({ topics: names }: { topics: string[] }) {
      calls.push(`metadata of ${names}`);
      const type = types.shift();
      if (type !== undefined) throw Object.assign(new Error(type), { type });
      return { topics: [] };
    },
  };
  return { admin: admin as unknown as Admin, calls };
}

test('waits while the broker that created a topic does not know of it, and while it has no leader', async () => {
  const { admin, calls } = adminThatFails(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);
  await createTopics(admin, topics, silent);
  const created = JSON.stringify({ topics, timeout: 10_000, waitForLeaders: false });
  expect(calls).toEqual([created, ...Array(3).fill('metadata of a')]);
});

test('whatever else a broker says is thrown at once', async () => {
  const { admin, calls } = adminThatFails(['TOPIC_AUTHORIZATION_FAILED']);
  await expect(createTopics(admin, topics, silent)).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
  expect(calls.length).toBe(2);
});

test('nothing to create: the broker is not asked', async () => {
  const { admin, calls } = adminThatFails([]);
  await createTopics(admin, [], silent);
  expect(calls).toEqual([]);
});
