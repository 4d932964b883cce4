// What Kafka says of how safe it is: our topics, its own topics that our promises lean on, and how long it remembers. Reads
// only; platform/durability.ts judges it.
import kafkajs, { type Kafka } from 'kafkajs';
import type { Logger } from './log.ts';

export type TopicFacts = { topic: string; replication: number; minIsr: number; uncleanElection: boolean };

/**
 * `internal`: Kafka's own, as they are or will be made; none where they may not be asked about. `expirations`: the shortest
 * of all brokers, in milliseconds; undefined where they may not be asked.
 */
export type DurabilityFacts = {
  topics: TopicFacts[];
  internal: TopicFacts[];
  expirations: Record<Expiration, number> | undefined;
};

/** After so long without a new epoch a broker forgets a transactional id; after so long without a record, a producer id. */
export const expirationNames = ['transactional.id.expiration.ms', 'producer.id.expiration.ms'] as const;
type Expiration = (typeof expirationNames)[number];

/** What a broker makes its own topics with. Where there is no setting of their own, the one for any topic counts. */
const internalSettings = {
  __consumer_offsets: {
    replication: 'offsets.topic.replication.factor',
    minIsr: 'min.insync.replicas',
    uncleanElection: 'unclean.leader.election.enable',
  },
  __transaction_state: {
    replication: 'transaction.state.log.replication.factor',
    minIsr: 'transaction.state.log.min.isr',
    uncleanElection: undefined,
  },
} as const;
const internalNames = ['__consumer_offsets', '__transaction_state'] as const;

type Admin = ReturnType<Kafka['admin']>;
const { TOPIC, BROKER } = kafkajs.ConfigResourceTypes;

/** @throws what kafkajs says, but for what this client may not ask */
export async function readFacts(kafka: Kafka, names: string[], log: Logger): Promise<DurabilityFacts> {
  const admin = kafka.admin();
  await admin.connect();
  const allowed = <Result>(what: string, read: () => Promise<Result>) => ifAllowed(log, what, read);
  try {
    const { brokers } = await admin.describeCluster();
    const ids = brokers.map(({ nodeId }) => String(nodeId));
    const [topics, internal, expirations] = await Promise.all([
      readTopics(admin, names),
      allowed(`how safe ${internalNames.join(' and ')} are: see that both have 3 replicas, 2 in sync`, () =>
        readInternal(admin, ids),
      ),
      allowed(`how long they keep ${expirationNames.join(' and ')}: see that both are hours`, () =>
        readExpirations(admin, ids),
      ),
    ]);
    return { topics, internal: internal ?? [], expirations };
  } finally {
    await admin.disconnect();
  }
}

async function readTopics(admin: Admin, names: string[]): Promise<TopicFacts[]> {
  const [{ topics }, settings] = await Promise.all([
    admin.fetchTopicMetadata({ topics: names }),
    describe(admin, TOPIC, names, ['min.insync.replicas', 'unclean.leader.election.enable']),
  ]);
  return topics.map(({ name, partitions }) => ({
    topic: name,
    replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    minIsr: Number(settings.get(name)?.get('min.insync.replicas') ?? 1),
    uncleanElection: settings.get(name)?.get('unclean.leader.election.enable') === 'true',
  }));
}

/** A cluster that nobody has used yet has none of them: then what its brokers would make them with, the least of all. */
async function readInternal(admin: Admin, ids: string[]): Promise<TopicFacts[]> {
  const existing = new Set(await admin.listTopics());
  const [there, missing] = [true, false].map((is) => internalNames.filter((name) => existing.has(name) === is));
  const found = there === undefined || there.length === 0 ? [] : await readTopics(admin, there);
  if (missing === undefined || missing.length === 0) return found;
  const wanted = missing.flatMap((name) => Object.values(internalSettings[name])).filter((name) => name !== undefined);
  const settings = [...(await describe(admin, BROKER, ids, [...new Set(wanted)])).values()];
  const least = (name: string) => Math.min(...settings.map((of) => Number(of.get(name) ?? 1)));
  const anyOn = (name: string | undefined) => name !== undefined && settings.some((of) => of.get(name) === 'true');
  const future = missing.map((name) => {
    const { replication, minIsr, uncleanElection } = internalSettings[name];
    return {
      topic: name,
      replication: least(replication),
      minIsr: least(minIsr),
      uncleanElection: anyOn(uncleanElection),
    };
  });
  return [...found, ...future];
}

/** Of all brokers, because each may have its own. */
async function readExpirations(admin: Admin, ids: string[]): Promise<Record<Expiration, number>> {
  const found = [...(await describe(admin, BROKER, ids, [...expirationNames])).values()];
  const shortest = (name: Expiration) =>
    Math.min(...found.map((of) => Number(of.get(name) ?? Number.POSITIVE_INFINITY)));
  return {
    'transactional.id.expiration.ms': shortest('transactional.id.expiration.ms'),
    'producer.id.expiration.ms': shortest('producer.id.expiration.ms'),
  };
}

/** Undefined for who may not ask (of a hosted Kafka, mostly): it starts all the same, and is told what to see to. */
async function ifAllowed<Result>(log: Logger, what: string, read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error && 'type' in error && String(error.type).endsWith('AUTHORIZATION_FAILED')))
      throw error;
    log.info(`the brokers do not tell ${what}`);
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
