// Topics are created with explicit partitions, replication and retention. One that exists and differs is reported, never
// altered: what is in it was written under its own settings.
import kafkajs, { type Kafka } from 'kafkajs';
import { createTopics } from './create-topics.ts';
import type { Logger } from './log.ts';

/**
 * `retentionMs` -1: for ever. `maxMessageBytes`: the largest record batch that the topic takes. `minIsr` counts when it is
 * created, and undefined leaves it to the brokers.
 */
export type TopicSpec = {
  topic: string;
  partitions: number;
  /** No outcome is ever in it: it may have fewer partitions than the others. */
  alone?: boolean;
  replication: number;
  minIsr?: number | undefined;
  retentionMs: number;
  /** The latest record of each key is kept for ever, whatever `retentionMs` says. */
  compacted?: boolean;
  maxMessageBytes: number;
};

/** Topics that cannot work together; the process must not start. */
export class TopicMismatchError extends Error {
  constructor(problems: string[]) {
    super(`the topics do not fit:\n  ${problems.join('\n  ')}`);
    this.name = 'TopicMismatchError';
  }
}

const entriesOf = ({ retentionMs, maxMessageBytes, compacted = false }: TopicSpec) => ({
  'cleanup.policy': compacted ? 'compact' : 'delete',
  'retention.ms': String(retentionMs),
  'retention.bytes': '-1',
  'max.message.bytes': String(maxMessageBytes),
  'message.timestamp.type': 'CreateTime',
});

/** Of a topic that is created, besides the above. Of one that exists platform/durability.ts tells what is weak. */
const durableEntries = ({ replication, minIsr }: TopicSpec) => ({
  ...(replication > 1 && { 'unclean.leader.election.enable': 'false' }),
  ...(minIsr !== undefined && { 'min.insync.replicas': String(minIsr) }),
});

/**
 * Creates what is missing. All topics but those that stand alone must have the same number of partitions, because an outcome
 * goes to the partition of its command. Resolves to that number. @throws TopicMismatchError
 */
export async function ensureTopics(kafka: Kafka, specs: TopicSpec[], log: Logger): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = specs.filter(({ topic }) => !existing.has(topic));
    // Before it is created: afterwards only a reassignment by hand would mend it.
    const unsafe = missing.filter(({ replication, minIsr = 0 }) => replication < minIsr);
    if (unsafe.length > 0)
      throw new TopicMismatchError(
        unsafe.map(
          ({ topic, replication, minIsr }) =>
            `${topic} is to be created with PUTLOG_REPLICATION=${replication}, less than PUTLOG_REQUIRE_MIN_ISR=${minIsr}`,
        ),
      );
    const partitions = await existingPartitions(admin, specs, existing);
    const created = missing.map((spec) => ({
      topic: spec.topic,
      numPartitions: spec.alone ? spec.partitions : (partitions ?? spec.partitions),
      replicationFactor: spec.replication,
      configEntries: Object.entries({ ...entriesOf(spec), ...durableEntries(spec) }).map(([name, value]) => ({
        ...{ name, value },
      })),
    }));
    await createTopics(admin, created, log);
    const { topics } = await admin.fetchTopicMetadata({ topics: specs.map(({ topic }) => topic) });
    const together = specs.filter(({ alone }) => !alone);
    const counts = new Map(
      together.map(({ topic }) => [topic, topics.find(({ name }) => name === topic)?.partitions.length ?? 0]),
    );
    const wrong = new Set(counts.values()).size > 1;
    if (wrong) throw new TopicMismatchError([...counts].map(([topic, count]) => `${topic} has ${count} partitions`));
    await report(admin, specs, topics, log);
    return counts.values().next().value ?? 0;
  } finally {
    await admin.disconnect();
  }
}

type Admin = ReturnType<Kafka['admin']>;
type Metadata = Awaited<ReturnType<Admin['fetchTopicMetadata']>>['topics'];

/** A topic that is created later gets as many partitions as those that are there. */
async function existingPartitions(
  admin: Admin,
  specs: TopicSpec[],
  existing: Set<string>,
): Promise<number | undefined> {
  const together = specs.filter(({ alone }) => !alone);
  const names = together.map(({ topic }) => topic).filter((topic) => existing.has(topic));
  if (names.length === 0) return undefined;
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  return topics[0]?.partitions.length;
}

type Entries = Readonly<Record<string, string>>;

/** `found` undefined: it is not there. `differing`: what is not as it would be made, each in words. */
export type TopicState = {
  topic: string;
  found: { partitions: number; replication: number; settings: Entries } | undefined;
  differing: string[];
};

/** A topic that may not be described has no settings that could differ. */
async function statesOf(
  admin: Admin,
  specs: TopicSpec[],
  topics: Metadata,
  wantedOf: (spec: TopicSpec) => Entries,
): Promise<TopicState[]> {
  // kafkajs refuses to be asked about nothing.
  const { resources } =
    topics.length === 0
      ? { resources: [] }
      : await admin.describeConfigs({
          includeSynonyms: false,
          resources: topics.map(({ name }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
        });
  return specs.map((spec) => {
    const { topic } = spec;
    const metadata = topics.find(({ name }) => name === topic);
    if (metadata === undefined) return { topic, found: undefined, differing: [] };
    const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    const settings: Entries = Object.fromEntries(
      entries.map(({ configName, configValue }) => [configName, configValue]),
    );
    const partitions = metadata.partitions.length;
    const replication = Math.min(...metadata.partitions.map(({ replicas }) => replicas.length));
    const differing = Object.entries(wantedOf(spec)).flatMap(([name, wanted]) => {
      const value = settings[name];
      return value === undefined || value === wanted ? [] : [`${name} is ${value}, not ${wanted}`];
    });
    if (replication !== spec.replication) differing.push(`replication is ${replication}, not ${spec.replication}`);
    if (partitions !== spec.partitions) differing.push(`it has ${partitions} partitions, not ${spec.partitions}`);
    return { topic, found: { partitions, replication, settings }, differing };
  });
}

async function report(admin: Admin, specs: TopicSpec[], topics: Metadata, log: Logger) {
  // What is not durable is told by platform/durability.ts.
  for (const { topic, differing } of await statesOf(admin, specs, topics, entriesOf))
    if (differing.length > 0)
      log.warn({ topic, differing }, 'a topic differs from the configuration; it is left as it is');
}

/** What there is of them, in their order, beside what they would be created with. Changes nothing. @throws what kafkajs says */
export async function compareTopics(kafka: Kafka, specs: TopicSpec[]): Promise<TopicState[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const there = specs.map(({ topic }) => topic).filter((topic) => existing.has(topic));
    const topics = there.length === 0 ? [] : (await admin.fetchTopicMetadata({ topics: there })).topics;
    return await statesOf(admin, specs, topics, (spec) => ({ ...entriesOf(spec), ...durableEntries(spec) }));
  } finally {
    await admin.disconnect();
  }
}
