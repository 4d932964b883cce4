// On a real broker: what is read is what the broker says, and what follows from it. The rules are in the unit test.
import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { createTopic, silent } from '../test/stack/log.ts';
import { checkDurability } from './durability.ts';
import { createKafka } from './kafka.ts';
import { TopicMismatchError } from './topics.ts';

const { brokers } = inject('stack');
const kafka = createKafka({ brokers, clientId: 'test', log: silent });
const renewIdentityMs = 3_600_000;

function listener() {
  const lines: { weak: string[]; msg: string }[] = [];
  return { lines, log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) }) };
}

test('one broker: one warning for all topics and those of Kafka itself, none where one copy is enough', async () => {
  const topics = [await createTopic(brokers, 2), await createTopic(brokers, 1)];
  const { log, lines } = listener();
  await checkDurability(kafka, topics, { requireMinIsr: undefined, renewIdentityMs }, log);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.weak).toHaveLength(2);
  expect(lines[0]?.weak[1]).toMatch(
    /\(__(consumer_offsets|transaction_state), __(consumer_offsets|transaction_state)\)$/,
  );
  for (const topic of topics) expect(lines[0]?.weak[0]).toContain(topic);
  await checkDurability(kafka, topics, { requireMinIsr: 0, renewIdentityMs }, log);
  expect(lines).toHaveLength(1);
});

test('what a topic says is what counts', async () => {
  const good = await createTopic(brokers, 1, { 'min.insync.replicas': '1' });
  const bad = await createTopic(brokers, 1, { 'min.insync.replicas': '3', 'unclean.leader.election.enable': 'true' });
  await checkDurability(kafka, [good], { requireMinIsr: 1, renewIdentityMs }, silent);
  const refused = checkDurability(kafka, [good, bad], { requireMinIsr: 2, renewIdentityMs }, silent);
  await expect(refused).rejects.toThrow(TopicMismatchError);
  const reasons = [`${good}: min.insync.replicas is 1`, `${good}: replication is 1`, `${bad}: replication is 1`];
  reasons.push('__transaction_state: min.insync.replicas is 1', '__transaction_state: replication is 1');
  for (const reason of [...reasons, `${bad}: unclean.leader.election.enable is on`])
    await expect(refused).rejects.toThrow(reason);
  await expect(refused).rejects.not.toThrow(`${bad}: min.insync.replicas`);
});

test('the expirations are the brokers’ own: 7 days and 1 day, and a renewal once in 13 hours is too seldom for one', async () => {
  const topic = await createTopic(brokers, 1);
  const { log, lines } = listener();
  await checkDurability(kafka, [topic], { requireMinIsr: 0, renewIdentityMs: 13 * 3_600_000 }, log);
  expect(lines.map(({ weak }) => weak)).toEqual([[expect.stringContaining('producer.id.expiration.ms is 86400000')]]);
});
