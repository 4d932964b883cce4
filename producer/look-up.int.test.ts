import { randomUUID } from 'node:crypto';
import type { Filter } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { choosePorts } from '../embedded/ports.ts';
import { createMongo } from '../platform/mongo.ts';
import { oneVersion } from '../platform/one-version.fixture.ts';
import { type ReadModel, readModelNamed } from '../platform/read-model.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { startTcpProxy } from '../test/faults/tcp-proxy.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log } from '../test/stack/log.ts';
import { createHeardJobs } from './heard-jobs.ts';
import { createLookUp } from './look-up.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/look-up-${randomUUID()}`;
const mongo = createMongo(uri.href);
const model = readModelNamed(mongo.db, 'jobs_v1');

beforeAll(async () => {
  const command = {
    kind: 'submit',
    type: 't',
    generation: 0,
    attempt: 1,
    key: 'k',
    payload: '{}',
    digest: 'd',
  } as const;
  const position = { topic: 'c', partition: 0, offset: 0 };
  const ids = Array.from({ length: 1_200 }, (_, i) => `${i}`);
  await model.jobs.insertMany(
    ids.map((id) => queuedJob({ ...command, id, submittedAt: 1, dueAt: null, after: null, options: null }, position)),
  );
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

const heard = createHeardJobs();

/** The read model behind a door that the test shuts: questions wait until it opens, or fail. */
function behindDoor() {
  let door: Promise<unknown> = Promise.resolve();
  const sizes: number[] = [];
  const find = (filter: Filter<JobDocument>) => ({
    toArray: async () => {
      sizes.push(Object(filter._id).$in.length);
      await door;
      return model.jobs.find(filter).toArray();
    },
  });
  const jobs: ReadModel['jobs'] = Object.create(model.jobs, { find: { value: find } });
  const shut = () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    door = promise;
    return { open: resolve, fail: () => reject(new Error('no primary')) };
  };
  return { model: { ...model, jobs }, sizes, shut };
}

describe('look-ups', () => {
  test('that come together travel together, at most 500 in a round trip, and each gets its own answer', async () => {
    const { model: watched, sizes } = behindDoor();
    const { find } = createLookUp({ heard, versions: oneVersion(watched), log });
    const ids = Array.from({ length: 1_201 }, (_, i) => `t/${i}`);
    const found = await Promise.all(ids.map(find));
    expect(found.map((job) => job?._id)).toEqual([...ids.slice(0, 1_200), undefined]);
    expect(sizes).toEqual([500, 500, 201]);
  });

  test('of one id by many at once', async () => {
    const { find } = createLookUp({ heard, versions: oneVersion(model), log });
    const found = await Promise.all(Array.from({ length: 50 }, () => find('t/3')));
    expect(found.every((job) => job?.id === '3')).toBe(true);
  });
});

describe('with MongoDB away', () => {
  test('a server that says nothing, and does not hang up either, costs a round trip its time and no more', async () => {
    const { port } = await choosePorts({ port: { wanted: undefined, previous: undefined, setting: 'test' } });
    const proxy = await startTcpProxy(port, { port: Number(uri.port) });
    const far = createMongo(`mongodb://127.0.0.1:${port}${uri.pathname}?directConnection=true`);
    const { find } = createLookUp({
      heard,
      versions: oneVersion(readModelNamed(far.db, 'jobs_v1')),
      log,
      roundTripMs: 300,
    });
    const read = () => find('t/1').then((job) => job?.id);
    await until('an answer', () => read().catch((error: unknown) => log.debug({ err: error }, 'not yet')));
    proxy.blackHole(true);
    await expect(read()).rejects.toMatchObject({ code: 'read-model-unavailable', retryAfter: 2 });
    proxy.blackHole(false);
    await until('an answer', () => read().catch((error: unknown) => log.debug({ err: error }, 'not yet')));
    await far.close();
    await proxy.close();
  });

  test('a read is told so, with the cause; a PUT goes on without it; both work again when it is back', async () => {
    const { model: watched, shut, sizes } = behindDoor();
    const { find, findIfThere } = createLookUp({ heard, versions: oneVersion(watched), log });
    const door = shut();
    const [read, put] = [find('t/1'), findIfThere('t/1')];
    await until('MongoDB was asked', async () => (sizes.length > 0 ? true : undefined));
    door.fail();
    await expect(read).rejects.toMatchObject({
      code: 'read-model-unavailable',
      cause: expect.any(Error),
      retryAfter: 2,
    });
    expect(await put).toBeUndefined();
    shut().open();
    expect((await find('t/1'))?.id).toBe('1');
    expect((await findIfThere('t/1'))?.id).toBe('1');
  });

  test('that hangs: a PUT waits for its patience and no longer, and the next ones not at all', async () => {
    const { model: watched, shut, sizes } = behindDoor();
    const { find, findIfThere } = createLookUp({ heard, versions: oneVersion(watched), log, patienceMs: 500 });
    const door = shut();
    const began = performance.now();
    const read = find('t/2');
    expect(await findIfThere('t/1')).toBeUndefined();
    expect(performance.now() - began).toBeGreaterThanOrEqual(495);
    const next = performance.now();
    expect(await Promise.all(['t/3', 't/4'].map(findIfThere))).toEqual([undefined, undefined]);
    expect(performance.now() - next, 'at once').toBeLessThan(250);
    expect(sizes, 'none of them added to what hangs').toEqual([2]);
    door.open();
    expect((await read)?.id, 'whoever needs the answer gets it').toBe('2');
    expect((await findIfThere('t/4'))?.id).toBe('4');
  });
});
