// A projector that is told of another version of the read model begins again at the least of their checkpoints, writes each of them, and
// goes on with those that are left when one is given up.
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { followReadModel } from '../platform/follow-read-model.ts';
import { createKafka } from '../platform/kafka.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { createMongo } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import { readCheckpoints, readModelNamed } from '../platform/read-model.ts';
import { changeAlias, makeAlias, readAlias } from '../platform/read-model-alias.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { until } from '../test/stack/deadline.ts';
import { createTopic, silent as log, randomName, watchedCluster } from '../test/stack/log.ts';
import { createFeeds } from './feeds.ts';
import { createFlusher } from './flusher.ts';
import { joinProjectorGroup } from './projector-group.ts';

const { brokers, mongoUri } = inject('stack');

async function createScene() {
  const topic = await createTopic(brokers, 2);
  const cluster = await watchedCluster(brokers, [topic]);
  const writer = await persist(() => openLogWriter({ cluster, log }), { log, what: 'open a writer' });
  const uri = new URL(mongoUri);
  uri.pathname = `/${randomName('feeds')}`;
  const mongo = createMongo(uri.href);
  await makeAlias(mongo.db);
  const fatal: unknown[] = [];
  const followed = followReadModel({ db: mongo.db, log, changed: (alias) => feeds.changed(alias) });
  const feeds = createFeeds(followed);
  const { targets } = feeds;
  const flusher = createFlusher({ targets, log, flushed: () => undefined });
  const command = {
    kind: 'submit',
    type: 't',
    generation: 0,
    attempt: 1,
    key: 'k',
    payload: '1',
    digest: 'd',
  } as const;
  const rest = { submittedAt: 1, dueAt: null, after: null, options: null };
  const group = await joinProjectorGroup({
    ...{ kafka: createKafka({ brokers, clientId: 'test', log, patient: true }), cluster, flusher, log },
    ...{
      topics: [topic],
      checkpoints: () => feeds.checkpoints([topic]),
      group: `${topic}.projectors`,
      sessionTimeoutMs: 6_000,
      fatal: (error) => void fatal.push(error),
    },
    fold: (_, partition, { offset }) =>
      queuedJob({ ...command, ...rest, id: `${partition}-${offset}` }, { topic, partition, offset: Number(offset) }),
  });
  feeds.onLack(group.againIfBegun);
  await group.ready;
  const model = (name: string) => readModelNamed(mongo.db, name);
  return {
    fatal,
    async append(count: number) {
      for (let n = 0; n < count; n++)
        await writer.append({
          ...{ topic, partition: n % 2, key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: 1 },
        });
    },
    async feed(...names: string[]) {
      const now = await readAlias(mongo.db);
      expect(await changeAlias(mongo.db, now, { current: 'jobs_v1', feeds: names })).toBeDefined();
    },
    reached: (name: string, each: number) =>
      until(`${each} of each partition in ${name}`, async () => {
        const next = (await readCheckpoints(model(name), [topic])).get(topic);
        return (next?.[0] === each && next[1] === each) || undefined;
      }),
    count: (name: string) => model(name).jobs.countDocuments(),
    async close() {
      await group.stop(2_000);
      followed.close();
      await writer.close(0);
      await cluster.close();
      await mongo.db.dropDatabase();
      await mongo.close();
    },
  };
}

let scene: Awaited<ReturnType<typeof createScene>>;
beforeEach(async () => {
  scene = await createScene();
});
afterEach(async () => {
  await scene.close();
  expect(scene.fatal).toEqual([]);
});

test('a version that comes gets all of it, whatever arrives meanwhile; one that goes gets nothing more', async () => {
  const { append, feed, reached, count } = scene;
  await append(20);
  await reached('jobs_v1', 10);
  const arriving = append(100);
  await feed('jobs_v1', 'jobs_v2');
  await arriving;
  await reached('jobs_v2', 60);
  await reached('jobs_v1', 60);
  expect([await count('jobs_v1'), await count('jobs_v2')]).toEqual([120, 120]);
  await feed('jobs_v2', 'jobs_v1');
  await append(20);
  await reached('jobs_v1', 70);
  await feed('jobs_v2');
  // Until the projector has heard of it both get what comes. A checkpoint follows when all that are written have the data.
  let each = 70;
  const left = await until('the first gets nothing more', async () => {
    const before = await count('jobs_v1');
    await append(2);
    await reached('jobs_v2', ++each);
    return (await count('jobs_v1')) === before ? before : undefined;
  });
  await append(20);
  await reached('jobs_v2', each + 10);
  expect([await count('jobs_v1'), await count('jobs_v2')]).toEqual([left, 2 * each + 20]);
});

test('a version that is there in part is continued at its own checkpoint', async () => {
  const { append, feed, reached, count } = scene;
  await append(40);
  await reached('jobs_v1', 20);
  await feed('jobs_v1', 'jobs_v2');
  await reached('jobs_v2', 20);
  await feed('jobs_v1');
  await append(40);
  await reached('jobs_v1', 40);
  await feed('jobs_v1', 'jobs_v2');
  await reached('jobs_v2', 40);
  expect([await count('jobs_v1'), await count('jobs_v2')]).toEqual([80, 80]);
});
