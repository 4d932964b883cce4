import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Setting, settingSchema, settingType } from '../schemas/setting.ts';
import type {} from '../test/stack/addresses.ts';
import { silent as log, randomName, watchedCluster } from '../test/stack/log.ts';
import type { KafkaCluster } from './cluster.ts';
import { createKafka } from './kafka.ts';
import { type LogWriter, openLogWriter } from './log-writer.ts';
import { persist } from './persist.ts';
import { createRegistry } from './registry.ts';
import { createChangeSetting, followSettings, type SettingChange } from './settings.ts';
import { ensureTopics } from './topics.ts';
import { createDecoder } from './wire-format.ts';

const { brokers, registryUrl } = inject('stack');
const topic = randomName('settings');
const registry = createRegistry({ url: registryUrl, log });
let cluster: KafkaCluster;
let writer: LogWriter;
let settingSchemaId: number;

beforeAll(async () => {
  const spec = { topic, partitions: 1, replication: 1, retentionMs: -1, compacted: true, maxMessageBytes: 1_048_588 };
  const kafka = createKafka({ brokers, clientId: 'test', log });
  await persist(() => ensureTopics(kafka, [spec], log), { log, what: 'make the topic' });
  settingSchemaId = await registry.registerAvro(`${topic}.Setting`, settingSchema);
  cluster = await watchedCluster(brokers, [topic]);
  writer = await persist(() => openLogWriter({ cluster, log }), { log, what: 'open a writer' });
});
afterAll(async () => {
  await writer.close(0);
  await cluster.close();
});

async function follow() {
  const settings = await followSettings({
    ...{ connection: { brokers, clientId: 'test' }, topic, log },
    readSetting: createDecoder<Setting>(settingType, settingSchemaId, registry.schemaById),
    fatal: (error) => expect.unreachable(String(error)),
  });
  const change = createChangeSetting({ writer, settings, topic, settingSchemaId, source: '/test' });
  return { ...settings, change };
}

test('who changes a setting knows it at once; another hears of it, and one that comes later knows the latest', async () => {
  const [one, other] = [await follow(), await follow()];
  const told: SettingChange[] = [];
  other.onChange((change) => told.push(change));
  await one.change('limit/a.b', { perSecond: 5 });
  expect(one.get('limit/a.b')?.value).toEqual({ perSecond: 5 });
  await one.change('limit/a.b', { perSecond: 6 });
  await one.change('queue/default', { paused: true });
  expect(one.of('limit')).toMatchObject([['a.b', { value: { perSecond: 6 } }]]);
  await one.change('queue/default', undefined);
  expect([one.get('queue/default'), one.of('queue')]).toEqual([undefined, []]);

  await other.reached(3);
  expect(told.map(({ name, known }) => [name, known?.value])).toEqual([
    ['limit/a.b', { perSecond: 5 }],
    ['limit/a.b', { perSecond: 6 }],
    ['queue/default', { paused: true }],
    ['queue/default', undefined],
  ]);
  const late = await follow();
  expect(late.get('limit/a.b')).toMatchObject({ value: { perSecond: 6 }, offset: 1 });
  expect(late.get('queue/default')).toBeUndefined();
  await Promise.all([one.close(), other.close(), late.close()]);
});

test('what is no setting is passed over', async () => {
  const garbage = { topic, partition: 0, key: Buffer.from('k'), headers: {}, timestamp: 1 };
  await writer.append({ ...garbage, value: Buffer.from('no setting') });
  const one = await follow();
  await one.change('limit/after', 1);
  expect(one.get('limit/after')?.value).toBe(1);
  await one.close();
});
