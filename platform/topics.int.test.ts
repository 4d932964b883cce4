import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { describe, expect, inject, test } from 'vitest';
import { createTopic, randomName, silent } from '../test/stack/log.ts';
import { createKafka } from './kafka.ts';
import { persist } from './persist.ts';
import { compareTopics, ensureTopics, TopicMismatchError, type TopicSpec } from './topics.ts';

const { brokers } = inject('stack');
const kafka = createKafka({ brokers, clientId: 'test', log: silent });
const spec = (topic: string, fields: Partial<TopicSpec> = {}): TopicSpec => ({
  ...{ topic, partitions: 3, replication: 1, retentionMs: 86_400_000, maxMessageBytes: 1_048_588, ...fields },
});
const names = () => [randomName('commands'), randomName('events')] as const;

async function settingsOf(topic: string): Promise<Record<string, string>> {
  const admin = kafka.admin();
  await admin.connect();
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic };
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  const entries = resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [];
  return { ...Object.fromEntries(entries), partitions: String(topics[0]?.partitions.length) };
}
/** What was logged, as objects. */
function listener() {
  const lines: { level: number; topic: string; differing: string[] }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

test('compared with what they would be made with: what lacks, and what differs, is told and left as it is', async () => {
  const [commands, events] = names();
  expect(await compareTopics(kafka, [spec(events)])).toEqual([{ topic: events, found: undefined, differing: [] }]);
  await ensureTopics(kafka, [spec(commands, { minIsr: 1 })], silent);
  const same = await compareTopics(kafka, [spec(events), spec(commands, { minIsr: 1 })]);
  expect(same).toMatchObject([
    { topic: events, found: undefined, differing: [] },
    { topic: commands, found: { partitions: 3, replication: 1 }, differing: [] },
  ]);
  const wanted = spec(commands, { partitions: 5, replication: 3, minIsr: 2, retentionMs: -1 });
  const [state] = await compareTopics(kafka, [wanted]);
  expect(state?.differing).toEqual([
    ...['retention.ms is 86400000, not -1', 'min.insync.replicas is 1, not 2'],
    ...['replication is 1, not 3', 'it has 3 partitions, not 5'],
  ]);
  expect(await settingsOf(commands)).toMatchObject({ 'retention.ms': '86400000', partitions: '3' });
});

describe('what is missing is created', () => {
  test('with explicit partitions, retention and sizes', async () => {
    const [commands, events] = names();
    expect(await ensureTopics(kafka, [spec(commands), spec(events, { retentionMs: -1 })], silent)).toBe(3);
    const shared = { 'cleanup.policy': 'delete', 'retention.bytes': '-1', 'max.message.bytes': '1048588' };
    expect(await settingsOf(commands)).toMatchObject({ ...shared, partitions: '3', 'retention.ms': '86400000' });
    expect(await settingsOf(events)).toMatchObject({ ...shared, partitions: '3', 'retention.ms': '-1' });
  });

  test('by five processes at once, and by one that comes later', async () => {
    const specs = names().map((topic) => spec(topic));
    // As processes do it: a topic that another one has just made is not known to every broker at once.
    const ensure = () =>
      persist(() => ensureTopics(kafka, specs, silent), { log: silent, what: 'make sure of the topics' });
    const counts = await Promise.all([1, 2, 3, 4, 5].map(ensure));
    expect(counts).toEqual([3, 3, 3, 3, 3]);
    const { log, lines } = listener();
    expect(await ensureTopics(kafka, specs, log)).toBe(3);
    expect(lines).toEqual([]);
  });

  test('with as many partitions as the topics that are there, whatever the configuration says now', async () => {
    const [commands, events] = names();
    await ensureTopics(kafka, [spec(commands)], silent);
    const { log, lines } = listener();
    const wanted = [spec(commands, { partitions: 5 }), spec(events, { partitions: 5 })];
    expect(await ensureTopics(kafka, wanted, log)).toBe(3);
    expect((await settingsOf(events)).partitions).toBe('3');
    expect(lines.map(({ topic, differing }) => [topic, differing])).toEqual([
      [commands, ['it has 3 partitions, not 5']],
      [events, ['it has 3 partitions, not 5']],
    ]);
  });
});

describe('durability', () => {
  test('as many in sync as are asked for, when it is created', async () => {
    const [commands, events] = names();
    await ensureTopics(kafka, [spec(commands, { minIsr: 1 }), spec(events)], silent);
    expect(await settingsOf(commands)).toMatchObject({ 'min.insync.replicas': '1' });
  });

  test('fewer replicas than must be in sync: nothing is created', async () => {
    const [commands, events] = names();
    const refused = ensureTopics(kafka, [spec(commands), spec(events, { minIsr: 2 })], silent);
    await expect(refused).rejects.toThrow(TopicMismatchError);
    await expect(refused).rejects.toThrow(`${events} is to be created with PUTLOG_REPLICATION=1, less than`);
    const admin = kafka.admin();
    await admin.connect();
    expect(await admin.listTopics()).not.toContain(commands);
    await admin.disconnect();
  });
});

describe('what differs is reported, never altered', () => {
  test('retention and cleanup', async () => {
    const topic = await createTopic(brokers, 3, { 'retention.ms': '5000', 'cleanup.policy': 'compact' });
    const before = await settingsOf(topic);
    const { log, lines } = listener();
    expect(await ensureTopics(kafka, [spec(topic)], log)).toBe(3);
    expect(await settingsOf(topic)).toEqual(before);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.differing).toEqual(
      expect.arrayContaining(['retention.ms is 5000, not 86400000', 'cleanup.policy is compact, not delete']),
    );
  });

  test('topics that cannot work together stop the process, with their counts', async () => {
    const [a, b] = [await createTopic(brokers, 2), await createTopic(brokers, 3)];
    const refused = ensureTopics(kafka, [spec(a), spec(b)], silent);
    await expect(refused).rejects.toThrow(TopicMismatchError);
    await expect(refused).rejects.toThrow(new RegExp(`${a} has 2 partitions\n.*${b} has 3 partitions`));
  });
});
