// Takes records out of the log as an operator does: at once up to an offset, or by retention, which takes all there is. Goes
// to Kafka directly. The scenarios of deleted records use it.
import kafkajs from 'kafkajs';
import { createKafka } from '../../platform/kafka.ts';
import { until } from '../stack/deadline.ts';
import { silent } from '../stack/log.ts';

type Admin = ReturnType<ReturnType<typeof createKafka>['admin']>;

async function withAdmin<Result>(brokers: string, use: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = createKafka({ brokers, clientId: 'faults-deletions', log: silent }).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

const offsetsOf = async (admin: Admin, topic: string) =>
  (await admin.fetchTopicOffsets(topic)).toSorted((a, b) => a.partition - b.partition);

/** `cuts`: of each partition the first offset that stays. Resolves when Kafka has done it. */
export const deleteBefore = (brokers: string, topic: string, cuts: readonly number[]): Promise<void> =>
  withAdmin(brokers, async (admin) => {
    // Or the admin does not know who leads the partitions.
    await offsetsOf(admin, topic);
    const partitions = cuts.map((cut, partition) => ({ partition, offset: String(cut) }));
    await admin.deleteTopicRecords({ topic, partitions });
    await beginsAt(admin, topic, cuts);
  });

/** Everything that is in the topic. Needs a broker that looks for what has expired every second or so. */
export const expire = (brokers: string, topic: string): Promise<void> =>
  withAdmin(brokers, async (admin) => {
    const ends = (await offsetsOf(admin, topic)).map(({ high }) => Number(high));
    const before = await settingsOf(admin, topic);
    await change(admin, topic, new Map(before).set('retention.ms', '1'));
    await beginsAt(admin, topic, ends);
    await change(admin, topic, before);
  });

const beginsAt = (admin: Admin, topic: string, cuts: readonly number[]) =>
  until(`${topic} begins at ${cuts.join(', ')}`, async () =>
    (await offsetsOf(admin, topic)).every(({ low, partition }) => Number(low) >= (cuts[partition] ?? 0))
      ? true
      : undefined,
  );

const topicResource = (name: string) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name });

/** Those that the topic has of its own: a change replaces all of them. */
async function settingsOf(admin: Admin, topic: string): Promise<Map<string, string>> {
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [topicResource(topic)] });
  const own = resources[0]?.configEntries.filter(({ configSource }) => configSource === 1) ?? [];
  return new Map(own.map(({ configName, configValue }) => [configName, configValue]));
}

async function change(admin: Admin, topic: string, settings: ReadonlyMap<string, string>): Promise<void> {
  const configEntries = [...settings].map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...topicResource(topic), configEntries }] });
}
