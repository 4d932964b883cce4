// Invariant: a log that every version of Putlog has written to is replayed by the one of today, through a real Kafka, registry and MongoDB:
// all that is recorded is read as it was recorded, and the read model is what it always was.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readConfig } from '../../platform/config.ts';
import { createKafka } from '../../platform/kafka.ts';
import { loadConfiguredJobs } from '../../platform/load-jobs.ts';
import { type LogRecord, openLogWriter } from '../../platform/log-writer.ts';
import { createMongo } from '../../platform/mongo.ts';
import { persist } from '../../platform/persist.ts';
import { type PreparedLog, prepareLog } from '../../platform/prepare-log.ts';
import { readModelNamed } from '../../platform/read-model.ts';
import { createRegistry } from '../../platform/registry.ts';
import { endsOf } from '../../projections/feed-limits.ts';
import { createFeeder } from '../../projections/feeder.ts';
import { openHistoryLog } from '../../projections/history-log.ts';
import { subjectNames, topicNames } from '../../schemas/topics.ts';
import { silent as log, randomName, readAll, watchedCluster } from '../stack/log.ts';
import { asJson, type HistoryRecord, recordsIn, type SchemaName, schemaNames, wholeHistory } from './history.ts';

const { brokers, registryUrl, mongoUri } = inject('stack');
const prefix = randomName('history');
const uri = new URL(mongoUri);
uri.pathname = `/${prefix}`;
const config = readConfig({
  ...{ KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl, MONGODB_URI: uri.href, PUTLOG_PREFIX: prefix },
  // What is recorded grows older with every day.
  ...{ PUTLOG_PARTITIONS: '1', PUTLOG_COMMAND_RETENTION_MS: '-1' },
});
const [recordedIn, topics] = [topicNames('putlog'), topicNames(prefix)];
/** As it is recorded → as it is here. */
const topicHere = new Map([
  [recordedIn.commands('default'), topics.commands('default')],
  [recordedIn.events, topics.events],
  [recordedIn.cancels, topics.cancels],
  [recordedIn.settings, topics.settings],
]);
const history = wholeHistory();
const mongo = createMongo(uri.href);
const model = readModelNamed(mongo.db, 'jobs_v2');
let prepared: PreparedLog;
let cluster: Awaited<ReturnType<typeof watchedCluster>>;
/** As they were recorded → as this registry has them. */
const ids = new Map<number, number>();

function recordHere({ topic, at, key, headers, value }: HistoryRecord): LogRecord {
  const bytes = Buffer.from(value, 'base64');
  bytes.writeUInt32BE(ids.get(bytes.readUInt32BE(1)) ?? 0, 1);
  const place = { topic: topicHere.get(topic) ?? '', partition: 0 };
  return { ...place, key: Buffer.from(key), value: bytes, headers, timestamp: at };
}

beforeAll(async () => {
  const registry = createRegistry({ url: registryUrl, log });
  const subjects = subjectNames(prefix);
  // One after the other, as the versions were deployed.
  for (const { name, id, schema } of history) ids.set(id, await registry.registerAvro(subjects[name], schema));
  const kafka = createKafka({ brokers, clientId: 'test', log });
  prepared = await prepareLog({ config, kafka, jobs: await loadConfiguredJobs(config.jobs), log });
  cluster = await watchedCluster(brokers, [...topicHere.values()]);
  const writer = await persist(() => openLogWriter({ cluster, log }), { log, what: 'open a writer' });
  for (const topic of topicHere.keys())
    for (const record of recordsIn(topic, history)) expect(await writer.append(recordHere(record))).toBe(record.offset);
  await writer.close(1_000);
});
afterAll(async () => {
  await cluster.close();
  await mongo.db.dropDatabase();
  await mongo.close();
});

test('each of its schemas is a version of its own in the registry, and the last one is that of today', () => {
  const own: Readonly<Record<SchemaName, number>> = {
    ...{ command: prepared.commandSchemaId, event: prepared.eventSchemaId, fence: prepared.fenceSchemaId },
    ...{ cancel: prepared.cancelSchemaId, setting: prepared.settingSchemaId },
  };
  expect(new Set(ids.values()).size).toBe(history.length);
  for (const name of schemaNames)
    expect(ids.get(history.findLast((version) => version.name === name)?.id ?? 0)).toBe(own[name]);
});

test('every record is read as it was recorded', async () => {
  const { readCommand, readEvent, readFence, readCancel, readSetting } = prepared;
  const readers: Readonly<Record<SchemaName, (value: Buffer | null) => object | Promise<object>>> = {
    ...{ command: readCommand, event: readEvent, fence: readFence, cancel: readCancel, setting: readSetting },
  };
  for (const [recorded, topic] of topicHere) {
    const found = await readAll(cluster, topic, 0);
    expect(found).toHaveLength(recordsIn(recorded, history).length);
    for (const { name, records } of history)
      for (const { reads, offset } of records.filter((record) => record.topic === recorded))
        expect(asJson(await readers[name](found[offset]?.value ?? null))).toMatchObject(reads);
  }
});

test('a read model made of it has the status of every job and every dead letter as they were recorded', async () => {
  const opened = await openHistoryLog(config, log);
  const feeder = createFeeder({
    ...{ history: opened, model, log },
    retentionOf: () => undefined,
    told: () => undefined,
    givenUp: () => false,
  });
  await feeder.feedTo(await endsOf(opened));
  await opened.close();
  expect(feeder.unreadable()).toBe(0);

  const inOrder = [...recordsIn(recordedIn.commands('default'), history), ...recordsIn(recordedIn.events, history)];
  const statuses = new Map<string, object>();
  const letters = new Map<string, object>();
  for (const { status, deadLetter } of inOrder) {
    // Where there is no event yet the place of the command is where it was read.
    const command = { ...(status?.command as object), topic: topics.commands('default') };
    if (status) statuses.set(String(status._id), status.eventOffset === -1 ? { ...status, command } : status);
    if (deadLetter) letters.set(String(deadLetter._id), { ...letters.get(String(deadLetter._id)), ...deadLetter });
  }
  const byId = (a: { _id?: unknown }, b: { _id?: unknown }) => (String(a._id) < String(b._id) ? -1 : 1);
  const jobs = (await model.jobs.find().toArray()).toSorted(byId);
  expect(jobs).toMatchObject([...statuses.values()].toSorted(byId));
  expect((await model.deadLetters.find().toArray()).toSorted(byId)).toMatchObject([...letters.values()].toSorted(byId));
});
