// What cannot work is refused at the start, with exit code 78 and every reason at once: a broken environment, a schema that
// no longer reads what is in the log, topics that do not fit. What merely differs is told and left as it is.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Admin } from 'kafkajs';
import { expect, test } from 'vitest';
import type { Role } from '../../cli/start-service.ts';
import { createTopics } from '../../platform/create-topics.ts';
import { createKafka } from '../../platform/kafka.ts';
import { topicNames } from '../../schemas/topics.ts';
import { randomName, silent } from '../stack/log.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const system = useSystem();
const configuration = 78;
const roles: readonly Role[] = ['api', 'worker', 'projector'];

/** Resolves to what it says when it ends with exit code 78; one that serves instead is a failure at once. */
async function refusal(process: ServiceProcess): Promise<string> {
  const ended = await Promise.race([process.ended, process.ready]);
  expect(ended).toEqual({ code: configuration, signal: null });
  return process.output();
}

test.concurrent.each(roles)('putlog %s with a broken environment: exit code 78, all problems at once', async (role) => {
  const refused = system.launch(role, {
    KAFKA_BROKERS: '',
    SCHEMA_REGISTRY_URL: 'registry:8081',
    MONGODB_URI: 'postgres://x',
    PUTLOG_PORT: 'many',
    PUTLOG_PREFIX: 'No Prefix',
    PUTLOG_ACCEPT_MS: '1',
    PUTLOG_LOG_LEVEL: 'loud',
  });
  const output = await refusal(refused);
  expect(output).toContain('7 settings are wrong');
  for (const name of ['KAFKA_BROKERS is not set', 'SCHEMA_REGISTRY_URL', 'MONGODB_URI', 'PUTLOG_PORT', 'PUTLOG_PREFIX'])
    expect(output).toContain(name);
  for (const name of ['PUTLOG_ACCEPT_MS', 'PUTLOG_LOG_LEVEL']) expect(output).toContain(name);
});

test('job files that cannot be loaded: exit code 78, each named', async () => {
  const folder = join(system.folder, 'broken-jobs');
  await mkdir(folder);
  await writeFile(join(folder, 'empty.ts'), 'export default 42;\n');
  await writeFile(join(folder, 'throws.ts'), "throw new Error('at import');\n");
  const refused = system.launch('worker', { PUTLOG_JOBS: folder });
  const output = await refusal(refused);
  expect(output).toContain('2 job files are wrong');
  expect(output).toMatch(/empty\.ts: its default export must be/);
  expect(output).toMatch(/throws\.ts: at import/);
});

async function jobsFolder(name: string, payload: string): Promise<string> {
  const folder = join(system.folder, name);
  await mkdir(folder);
  const source = `import { defineJob, Type } from 'putlog';
export default defineJob({
  type: 'parcel.send',
  payload: ${payload},
  result: Type.Object({}),
  handler: () => ({}),
});\n`;
  await writeFile(join(folder, 'parcel.ts'), source);
  return folder;
}

test('a payload schema that no longer reads what it read: exit code 78, and the field is named', async () => {
  const PUTLOG_PREFIX = randomName('schema');
  const first = await jobsFolder('v1', 'Type.Object({ weight: Type.Number(), note: Type.Optional(Type.String()) })');
  const second = await jobsFolder('v2', 'Type.Object({ weight: Type.Number(), street: Type.String() })');
  const third = await jobsFolder('v3', 'Type.Object({ weight: Type.String() })');
  const same = await jobsFolder('v4', 'Type.Object({ note: Type.Optional(Type.String()), weight: Type.Number() })');

  const started = await system.start('worker', { PUTLOG_PREFIX, PUTLOG_JOBS: first });
  await started.end('SIGTERM');
  for (const [folder, field] of [
    [second, 'street'],
    [third, 'weight'],
  ] as const) {
    const refused = system.launch('api', { PUTLOG_PREFIX, PUTLOG_JOBS: folder });
    const output = await refusal(refused);
    expect(output).toContain(`${PUTLOG_PREFIX}.job.parcel.send.payload is not compatible (BACKWARD)`);
    expect(output).toContain(field);
  }
  // The first version is still what counts, in whatever order its fields are written.
  await (await system.start('api', { PUTLOG_PREFIX, PUTLOG_JOBS: same })).end('SIGTERM');
});

async function withAdmin<Result>(use: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = createKafka({ brokers: system.brokers, clientId: 'test', log: silent }).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

const create = (topic: string, numPartitions: number, retention: string) =>
  withAdmin((admin) => {
    const configEntries = [{ name: 'retention.ms', value: retention }];
    return createTopics(admin, [{ topic, numPartitions, replicationFactor: 1, configEntries }], silent);
  });

test('a topic that differs is reported and left as it is; the service starts', async () => {
  const PUTLOG_PREFIX = randomName('topics');
  const { events, commands } = topicNames(PUTLOG_PREFIX);
  await create(events, 3, '86400000');
  const started = await system.start('api', { PUTLOG_PREFIX, PUTLOG_PARTITIONS: '8' });
  await started.end('SIGTERM');
  const warnings = (await started.output()).split('\n').filter((line) => line.includes('a topic differs'));
  const about = (topic: string) => warnings.find((line) => line.includes(`"topic":"${topic}"`)) ?? '';
  expect(about(events)).toContain('retention.ms is 86400000, not -1');
  expect(about(events)).toContain('it has 3 partitions, not 8');
  await withAdmin(async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [events, commands('default')] });
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([3, 3]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: events, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('86400000');
  });
});

test.concurrent.each(roles)(
  'topics with unequal numbers of partitions: putlog %s refuses, and names both',
  async (role) => {
    const PUTLOG_PREFIX = randomName('unequal');
    const { events, commands } = topicNames(PUTLOG_PREFIX);
    await create(events, 3, '-1');
    await create(commands('default'), 4, '-1');
    const refused = system.launch(role, { PUTLOG_PREFIX });
    const output = await refusal(refused);
    expect(output).toContain(`${events} has 3 partitions`);
    expect(output).toContain(`${commands('default')} has 4 partitions`);
  },
);

test('fewer copies than PUTLOG_REQUIRE_MIN_ISR: exit code 78, nothing is created; with what there is, it starts', async () => {
  const PUTLOG_PREFIX = randomName('copies');
  const { events, commands } = topicNames(PUTLOG_PREFIX);
  const early = await refusal(system.launch('api', { PUTLOG_PREFIX, PUTLOG_REQUIRE_MIN_ISR: '2' }));
  expect(early).toContain(`${events} is to be created with PUTLOG_REPLICATION=1, less than PUTLOG_REQUIRE_MIN_ISR=2`);
  await withAdmin(async (admin) => expect(await admin.listTopics()).not.toContain(events));

  const started = await system.start('api', { PUTLOG_PREFIX });
  await started.end('SIGTERM');
  const told = (await started.output()).split('\n').filter((line) => line.includes('docs/guarantees.md'));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^\{"level":40/);
  for (const topic of [events, commands('default')]) expect(told[0]).toContain(topic);
  const accepted = await system.start('api', { PUTLOG_PREFIX, PUTLOG_REQUIRE_MIN_ISR: '0' });
  await accepted.end('SIGTERM');
  expect(await accepted.output()).not.toContain('docs/guarantees.md');

  const refusals = roles.map((role) => refusal(system.launch(role, { PUTLOG_PREFIX, PUTLOG_REQUIRE_MIN_ISR: '2' })));
  for (const output of await Promise.all(refusals)) {
    expect(output).toContain(`${events}: min.insync.replicas is 1, PUTLOG_REQUIRE_MIN_ISR asks for 2`);
    expect(output).toContain(`${commands('default')}: replication is 1, PUTLOG_REQUIRE_MIN_ISR asks for 2`);
  }
});
