// The keys in the log, for `putlog keys`: which there are, one more, one less. It writes to Kafka itself, so that the first key can be
// made before anybody may call the API.
import { createCluster } from '../platform/cluster.ts';
import type { Config } from '../platform/config.ts';
import { createKafka } from '../platform/kafka.ts';
import { kafkaSecurity } from '../platform/kafka-security.ts';
import { createLogger } from '../platform/log.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import { prepareLog } from '../platform/prepare-log.ts';
import { createChangeSetting, followSettings } from '../platform/settings.ts';
import { type AccessKey, isAccessKey } from '../schemas/access-key.ts';
import { settingKinds, settingNames } from '../schemas/setting.ts';

export type OpenKeys = Awaited<ReturnType<typeof openKeys>>;

/** What the settings hold of keys, and how they are changed. `close` ends the connections. */
export async function openKeys(config: Config) {
  const log = createLogger('keys', config.logLevel === 'info' ? 'warn' : config.logLevel, 2);
  const failed = Promise.withResolvers<never>();
  const fatal = failed.reject;
  const connection = {
    ...{ brokers: config.kafkaBrokers, clientId: `putlog-keys-${process.pid}`, log },
    security: kafkaSecurity(config),
  };
  // Topics of queues are made by who knows the job types.
  const prepared = await prepareLog({ config, kafka: createKafka(connection), jobs: new Map(), log });
  const cluster = createCluster(connection);
  const topic = prepared.settingsTopic;
  await persist(() => cluster.watch([topic]), { log, what: 'learn who leads the topic of settings' });
  const opened = () => openLogWriter({ cluster, log, deadlineMs: config.acceptMs, onFailure: fatal });
  // A Kafka that has just started hands no producer ids out yet.
  const writer = await persist(opened, { log, what: 'get a producer id' });
  const settings = await followSettings({ connection, log, fatal, topic, readSetting: prepared.readSetting });
  const change = createChangeSetting({
    ...{ writer, settings, topic, settingSchemaId: prepared.settingSchemaId, source: '/putlog/keys' },
  });
  const changed = (id: string, key: AccessKey) => Promise.race([change(settingNames.key(id), key), failed.promise]);
  const all = (): [string, AccessKey][] =>
    settings.of(settingKinds.key).flatMap(([id, { value }]) => (isAccessKey(value) ? [[id, value]] : []));

  return {
    /** The oldest first. */
    list: () => all().toSorted(([, a], [, b]) => a.createdAt - b.createdAt),
    add: changed,
    /** Its record stays, without the hash. @throws Error where there is no such key */
    async revoke(id: string, now: number): Promise<AccessKey> {
      const found = all().find(([known]) => known === id)?.[1];
      if (found === undefined) throw new Error(`there is no key ${id}; putlog keys list names them`);
      const revoked = { ...found, hash: null, revokedAt: found.revokedAt ?? now };
      if (found.revokedAt === undefined) await changed(id, revoked);
      return revoked;
    },
    async close(): Promise<void> {
      await writer.close(1_000);
      await Promise.all([settings.close(), cluster.close()]);
    },
  };
}
