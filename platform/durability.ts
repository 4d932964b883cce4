// What Kafka is set to do decides what an acknowledgement is worth. Each process looks at its topics and its brokers once,
// when it starts: it warns of what can lose an acknowledged record, and refuses to start below what the operator requires.
// platform/prepare-log.ts calls it; docs/guarantees.md says which promise leans on which setting.
import kafkajs, { type Kafka } from 'kafkajs';
import type { Logger } from './log.ts';
import { TopicMismatchError } from './topics.ts';

/** `expirations`: the shortest of all brokers, in milliseconds; undefined where they may not be asked. */
export type DurabilityFacts = {
  topics: { topic: string; replication: number; minIsr: number; uncleanElection: boolean }[];
  expirations: Record<Expiration, number> | undefined;
};

/** After so long without a new epoch a broker forgets a transactional id; after so long without a record, a producer id. */
const expirationNames = ['transactional.id.expiration.ms', 'producer.id.expiration.ms'] as const;
type Expiration = (typeof expirationNames)[number];

export type DurabilityNeeds = {
  /** The least min.insync.replicas; 0: one copy is enough; undefined: nothing is required. */
  requireMinIsr: number | undefined;
  renewIdentityMs: number;
};

/** `refused`: why not to start. `weak`: what can be lost or stand still, each with what to change. Pure. */
export type Judgement = { refused: string[]; weak: string[] };

/**
 * What a record is acknowledged with is min.insync.replicas: so many brokers have it, so it outlasts the loss of all of them
 * but one. The requirement is about that number alone. More replicas than that keep the topic writable while a broker is
 * away; their lack loses nothing, so it is only told. Fewer replicas could never acknowledge anything, and a leader that is
 * elected uncleanly makes the number mean nothing: both are refused.
 */
export function judgeDurability({ topics, expirations }: DurabilityFacts, needs: DurabilityNeeds): Judgement {
  const { requireMinIsr: required, renewIdentityMs } = needs;
  const refused: string[] = [];
  const weak: string[] = [];
  for (const { topic, replication, minIsr, uncleanElection } of topics) {
    if (required === undefined || required === 0) break;
    const asks = `PUTLOG_REQUIRE_MIN_ISR asks for ${required}`;
    if (minIsr < required) refused.push(`${topic}: min.insync.replicas is ${minIsr}, ${asks}`);
    if (replication < required) refused.push(`${topic}: replication is ${replication}, ${asks}`);
    if (uncleanElection) refused.push(`${topic}: unclean.leader.election.enable is on, and would undo what ${asks}`);
  }
  const tell = (what: string, of: (topic: DurabilityFacts['topics'][number]) => boolean) => {
    const names = topics.filter(of).map(({ topic }) => topic);
    if (names.length > 0) weak.push(`${what} (${names.join(', ')})`);
  };
  if (required !== 0) {
    const onOneDisk = 'an acknowledged record may be on one disk alone';
    tell(
      `${onOneDisk}: have 3 replicas and min.insync.replicas=2; PUTLOG_REPLICATION counts for topics that are made later`,
      ({ replication, minIsr }) => minIsr < 2 || replication < 2,
    );
    tell(
      'nothing is accepted while one broker is away: have more replicas than min.insync.replicas',
      ({ replication, minIsr }) => minIsr >= 2 && replication <= minIsr,
    );
  }
  tell(
    'a replica that lags may be elected leader, and drops what it has not: set unclean.leader.election.enable=false',
    ({ uncleanElection, replication }) => uncleanElection && replication > 1,
  );
  for (const name of expirationNames) {
    const ms = expirations?.[name];
    if (ms !== undefined && ms >= 0 && ms < 2 * renewIdentityMs)
      weak.push(
        `${name} is ${ms}, less than twice what PUTLOG_RENEW_IDENTITY_MS is (${renewIdentityMs}):` +
          ' a worker that lost its partition might still write to it',
      );
  }
  return { refused, weak };
}

/** For a topic that is created: as safe as its replicas allow, and as required. Undefined: what the brokers' default is. */
export function minIsrFor(replication: number, required = 0): number | undefined {
  const least = Math.max(replication < 3 ? 0 : 2, required);
  return least === 0 ? undefined : least;
}

/** One warning at most. @throws TopicMismatchError where it is below what is required, or what kafkajs says */
export async function checkDurability(kafka: Kafka, topics: string[], needs: DurabilityNeeds, log: Logger) {
  const { refused, weak } = judgeDurability(await readFacts(kafka, topics, log), needs);
  if (refused.length > 0) throw new TopicMismatchError(refused);
  if (weak.length > 0)
    log.warn({ weak }, 'Kafka is not as safe as it could be; docs/guarantees.md says what to change');
}

type Admin = ReturnType<Kafka['admin']>;
const { TOPIC, BROKER } = kafkajs.ConfigResourceTypes;

async function readFacts(kafka: Kafka, names: string[], log: Logger): Promise<DurabilityFacts> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [{ topics }, settings, expirations] = await Promise.all([
      admin.fetchTopicMetadata({ topics: names }),
      describe(admin, TOPIC, names, ['min.insync.replicas', 'unclean.leader.election.enable']),
      readExpirations(admin, log),
    ]);
    return {
      expirations,
      topics: topics.map(({ name, partitions }) => ({
        topic: name,
        replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        minIsr: Number(settings.get(name)?.get('min.insync.replicas') ?? 1),
        uncleanElection: settings.get(name)?.get('unclean.leader.election.enable') === 'true',
      })),
    };
  } finally {
    await admin.disconnect();
  }
}

/** Of all brokers, because each may have its own. Who may not ask them (a hosted Kafka, mostly) starts all the same. */
async function readExpirations(admin: Admin, log: Logger): Promise<DurabilityFacts['expirations']> {
  const { brokers } = await admin.describeCluster();
  const ids = brokers.map(({ nodeId }) => String(nodeId));
  try {
    const found = [...(await describe(admin, BROKER, ids, [...expirationNames])).values()];
    const shortest = (name: Expiration) =>
      Math.min(...found.map((of) => Number(of.get(name) ?? Number.POSITIVE_INFINITY)));
    return {
      'transactional.id.expiration.ms': shortest('transactional.id.expiration.ms'),
      'producer.id.expiration.ms': shortest('producer.id.expiration.ms'),
    };
  } catch (error) {
    if (!(error instanceof Error && 'type' in error && String(error.type).endsWith('AUTHORIZATION_FAILED')))
      throw error;
    log.info(`the brokers do not tell how long they keep ${expirationNames.join(' and ')}: see that both are hours`);
    return undefined;
  }
}

/** Resource → setting → value. */
async function describe(admin: Admin, type: typeof TOPIC | typeof BROKER, names: string[], configNames: string[]) {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type, name, configNames })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}
