import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { KafkaCluster } from '../platform/cluster.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { createMongo } from '../platform/mongo.ts';
import { oneVersion } from '../platform/one-version.fixture.ts';
import { persist } from '../platform/persist.ts';
import { checkpointId, readModelNamed } from '../platform/read-model.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { until } from '../test/stack/deadline.ts';
import { createTopic, silent as log, watchedCluster } from '../test/stack/log.ts';
import { createCatchUp } from './catch-up.ts';

const { brokers, mongoUri } = inject('stack');
const uri = new URL(mongoUri);
uri.pathname = `/catch-up-${randomUUID()}`;
const mongo = createMongo(uri.href);
const topic = await createTopic(brokers, 2);
/** Another lane of the same queue; the read model has seen nothing of it. */
const lane = await createTopic(brokers, 2);
const cluster = await watchedCluster(brokers, [topic, lane]);
const writer = await persist(() => openLogWriter({ cluster, log }), { log, what: 'open a writer' });
const model = readModelNamed(mongo.db, 'jobs_v1');

beforeEach(async () => {
  await model.jobs.deleteMany({});
  await passed((await cluster.offsets([topic], 'latest')).get(topic) ?? []);
});
afterAll(async () => {
  await writer.close(0);
  await cluster.close();
  await mongo.db.dropDatabase();
  await mongo.close();
});

/** Some job's command is in the log. */
const append = (partition: number, to = topic) =>
  writer.append({ topic: to, partition, key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 1 });
const passed = (next: number[], of = topic) =>
  model.checkpoints.updateOne(
    { _id: checkpointId('jobs_v1', of) },
    { $set: { next: Object.fromEntries(next.entries()) } },
    { upsert: true },
  );
const ends = async () => (await cluster.offsets([topic], 'latest')).get(topic) ?? [];
const job = (id: string) => {
  const command = { kind: 'submit', type: 't', id, generation: 0, attempt: 1, key: 'k', payload: '{}' } as const;
  return queuedJob(
    { ...command, digest: 'd', submittedAt: 1, dueAt: null, after: null, options: null },
    { topic, partition: 0, offset: 0 },
  );
};
const open = (timeoutMs = 10_000, replaced: Partial<KafkaCluster> = {}) => {
  let reads = 0;
  const offsets: KafkaCluster['offsets'] = async (...asked) => {
    const answer = await cluster.offsets(...asked);
    reads++;
    return answer;
  };
  const find = createCatchUp({ cluster: { ...cluster, offsets, ...replaced }, versions: oneVersion(model), timeoutMs });
  return { find, reads: () => reads };
};

describe('a 404 is true', () => {
  test('told at once where the read model has passed the end of the log', async () => {
    expect(await open().find('t/none', [topic])).toBeUndefined();
  });

  test('not before the checkpoint has passed the end that the log had when it was asked, in every partition', async () => {
    for (const partition of [0, 1]) await append(partition);
    const end = await ends();
    const [first = 0, second = 0] = end;
    const { find, reads } = open();
    let answered = false;
    const found = find('t/none', [topic]).then((answer) => {
      answered = true;
      return answer;
    });
    await until('the end was read', async () => (reads() > 0 ? true : undefined));
    await passed([first, second - 1]);
    await expect(open(200).find('t/none', [topic])).rejects.toMatchObject({ code: 'read-model-behind' });
    expect(answered).toBe(false);
    // What comes after it was asked for is not waited for.
    await append(0);
    await passed(end);
    expect(await found).toBeUndefined();
  });

  test('not before every lane that it may be in has been passed', async () => {
    const { find } = open();
    expect(await find('t/none', [topic, lane]), 'an empty one is no obstacle').toBeUndefined();
    await append(1, lane);
    await expect(open(200).find('t/none', [topic, lane])).rejects.toMatchObject({ code: 'read-model-behind' });
    expect(await find('t/none', [topic])).toBeUndefined();
    const found = find('t/none', [topic, lane]);
    await passed([0, 1], lane);
    expect(await found).toBeUndefined();
  });

  test('a job that comes while it is waited for is found, before the checkpoint says so', async () => {
    await append(0);
    const { find, reads } = open();
    const found = find('t/late', [topic]);
    await until('the end was read', async () => (reads() > 0 ? true : undefined));
    await model.jobs.insertOne(job('late'));
    expect(await found).toMatchObject({ _id: 't/late', state: 'queued' });
  });

  test('a hundred who ask at once share their reads', async () => {
    const { find, reads } = open();
    await model.jobs.insertOne(job('7'));
    const found = await Promise.all(Array.from({ length: 100 }, (_, i) => find(`t/${i}`, [topic])));
    expect(found.map((one) => one?.id).filter((id) => id !== undefined)).toEqual(['7']);
    expect(reads()).toBe(1);
  });
});

describe('what is not known is not a 404', () => {
  test('behind at the deadline: read-model-behind', async () => {
    await append(1);
    const began = performance.now();
    await expect(open(300).find('t/none', [topic])).rejects.toMatchObject({ code: 'read-model-behind' });
    expect(performance.now() - began).toBeGreaterThanOrEqual(300);
  });

  test('Kafka away: read-model-unavailable, with its cause; one failure is got over', async () => {
    let failures = 2;
    const offsets: KafkaCluster['offsets'] = (...asked) =>
      failures-- > 0 ? Promise.reject(new Error('no leader')) : cluster.offsets(...asked);
    const { find } = open(1_000, { offsets });
    await expect(find('t/none', [topic])).rejects.toMatchObject({
      code: 'read-model-unavailable',
      cause: expect.objectContaining({ message: 'no leader' }),
    });
    failures = 1;
    expect(await find('t/none', [topic])).toBeUndefined();
  });

  test('MongoDB away: read-model-unavailable', async () => {
    const away = createMongo('mongodb://127.0.0.1:9/none', { selectionTimeoutMs: 50 });
    const find = createCatchUp({ cluster, versions: oneVersion(readModelNamed(away.db, 'jobs_v1')), timeoutMs: 1_000 });
    await expect(find('t/none', [topic])).rejects.toMatchObject({ code: 'read-model-unavailable' });
    await away.close();
  });
});
