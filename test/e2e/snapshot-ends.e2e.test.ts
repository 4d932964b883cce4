// Invariants: whatever ends a snapshot, or whoever builds it, nothing is left of it and nothing of it is ever mixed: a worker that is killed
// with -9, one that stops, a job that is cancelled, a time that is over, a hand that deletes it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMongo } from '../../platform/mongo.ts';
import { isReady, type SnapshotDocument, snapshotsIn } from '../../platform/snapshot-store.ts';
import { until } from '../stack/deadline.ts';
import type { Answer, Api } from './api.ts';
import { postAll } from './line-client.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const system = useSystem({
  settings: { PUTLOG_PARTITIONS: '4', PUTLOG_SESSION_TIMEOUT_MS: '6000', PUTLOG_DRAIN_MS: '500' },
});
const mongo = createMongo(system.environment().MONGODB_URI ?? '');
let api: Api;
let worker: ServiceProcess;
let at: string;

const count = 12_000;
const type = 'putlog.snapshot';
const documentOf = (id: string) => snapshotsIn(mongo.db).findOne({ _id: id });

/** All that MongoDB holds of snapshots. */
async function traces(): Promise<string[]> {
  const collections = await mongo.db.listCollections({ name: /^jobs_snapshot/ }, { nameOnly: true }).toArray();
  const checkpoints = await mongo.db
    .collection<{ _id: string }>('checkpoints')
    .find({ _id: /^jobs_snapshot/ })
    .toArray();
  return [...collections.map(({ name }) => name), ...checkpoints.map(({ _id }) => _id)].toSorted();
}

const onlyLeft = (names: readonly string[]) =>
  until(`nothing but ${names.join() || 'nothing'}`, async () =>
    (await traces()).join() === names.toSorted().join() ? true : undefined,
  );

/** Begins one, and resolves in its middle: something of it is there, and not all. */
async function begun(id: string, payload: object = { at }): Promise<SnapshotDocument> {
  expect((await api.put(`${type}/${id}`, payload)).status).toBe(202);
  return until('the middle of a snapshot', async () => {
    const found = await documentOf(id);
    const some = found !== null && (await mongo.db.collection(found.collection).estimatedDocumentCount()) > 0;
    return some ? found : undefined;
  });
}

const list = (id: string) => api.request('GET', `/jobs?snapshot=${id}&limit=1`);
const codeOf = ({ status, body }: Answer) => [status, body.code];

async function readyOne(id: string) {
  const found = await documentOf(id);
  if (found === null || !isReady(found)) throw new Error(`${id} is not ready`);
  return found;
}

beforeAll(async () => {
  [api, worker] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
  const line = (n: number) =>
    `${JSON.stringify({ type: 'demo.echo', id: `${n}`, payload: { n, text: 'x'.repeat(50) } })}\n`;
  await postAll(
    api.url,
    Array.from({ length: count }, (_, n) => line(n)),
  );
  await until('all jobs', async () => {
    const { body: stats } = await api.request('GET', '/stats?type=demo.echo');
    return Number(stats.succeeded) === count ? true : undefined;
  });
  at = new Date().toISOString();
});
afterAll(() => mongo.close());

test('killed with -9 in the middle: it is built anew, whole, and nothing is left of the first run', async () => {
  const first = await begun('killed');
  await worker.end('SIGKILL');
  expect(await documentOf('killed')).toEqual({ ...first, content: null });
  const building = await list('killed');
  expect(codeOf(building)).toEqual([409, 'snapshot-not-ready']);
  expect(building.headers).toMatchObject({ location: `/jobs/${type}/killed`, 'retry-after': '1' });
  expect(codeOf(await api.request('DELETE', '/snapshots/killed'))).toEqual([409, 'snapshot-not-ready']);

  worker = await system.start('worker');
  const [job] = await api.finished([`${type}/killed`]);
  expect(job).toMatchObject({ state: 'succeeded', result: { snapshot: 'killed', jobs: count } });
  const { collection } = await readyOne('killed');
  expect(collection).not.toBe(first.collection);
  expect(await mongo.db.collection(collection).countDocuments({ state: 'succeeded' })).toBe(count);
  await onlyLeft([collection]);
});

test('killed, and cancelled before anybody could run it again: nothing is left of it', async () => {
  await begun('gone');
  await worker.end('SIGKILL');
  expect((await api.request('DELETE', `/jobs/${type}/gone`)).status).toBe(202);
  worker = await system.start('worker');
  expect(await api.finished([`${type}/gone`])).toMatchObject([{ state: 'cancelled' }]);
  await onlyLeft([(await readyOne('killed')).collection]);
  expect(await documentOf('gone')).toBeNull();
  expect(codeOf(await list('gone'))).toEqual([404, 'unknown-snapshot']);
});

test('cancelled in the middle: it ends at once, and leaves nothing', async () => {
  await begun('cancelled');
  expect((await api.request('DELETE', `/jobs/${type}/cancelled`)).status).toBe(202);
  expect(await api.finished([`${type}/cancelled`])).toMatchObject([{ state: 'cancelled', attempt: 1 }]);
  expect(await traces()).toEqual([(await readyOne('killed')).collection]);
  expect(await documentOf('cancelled')).toBeNull();
});

test('its worker stops in the middle: it leaves nothing, and the next worker builds it', async () => {
  await begun('stopped');
  await worker.end('SIGTERM');
  expect(await traces()).toEqual([(await readyOne('killed')).collection]);
  expect(await documentOf('stopped')).toBeNull();
  worker = await system.start('worker');
  expect(await api.finished([`${type}/stopped`])).toMatchObject([{ state: 'succeeded', result: { jobs: count } }]);
  expect(await traces()).toEqual(
    [(await readyOne('killed')).collection, (await readyOne('stopped')).collection].sort(),
  );
});

test('while it is built its worker runs other jobs as quickly as ever, and tells how far it is', async () => {
  await begun('beside');
  const waits: number[] = [];
  for (let n = 0; !isReady((await documentOf('beside')) ?? ({ content: null } as SnapshotDocument)); n++) {
    const began = performance.now();
    const answer = await api.request('PUT', `/jobs/demo.echo/beside-${n}`, {
      ...{ body: '{"n":1,"text":""}', headers: { 'content-type': 'application/json', prefer: 'wait=10' } },
    });
    expect(answer.body.state).toBe('succeeded');
    waits.push(performance.now() - began);
  }
  expect(waits.length).toBeGreaterThan(3);
  expect(Math.max(...waits)).toBeLessThan(1_500);
  console.log(`${waits.length} jobs beside a snapshot, the slowest in ${Math.max(...waits).toFixed(0)} ms`);
  await api.finished([`${type}/beside`]);
  const events = await api.request('GET', `/jobs/${type}/beside/events`);
  const progress = (events.body as unknown as { kind: string; progress?: object }[]).flatMap(
    (event) => event.progress ?? [],
  );
  expect(progress).toContainEqual(expect.objectContaining({ total: expect.any(Number), message: 'reads the log' }));
});

test('its time is over: nobody can read it from that moment on, and it is dropped', async () => {
  await api.put(`${type}/short`, { at, keepSeconds: 60, types: ['no.such'] });
  await api.finished([`${type}/short`]);
  const { expiresAt, begunAt, collection } = await readyOne('short');
  expect(expiresAt.getTime() - begunAt.getTime()).toBeGreaterThanOrEqual(60_000);
  expect((await list('short')).body).toEqual({ jobs: [] });
  await snapshotsIn(mongo.db).updateOne({ _id: 'short' }, { $set: { expiresAt: new Date() } });
  expect(codeOf(await list('short'))).toEqual([410, 'snapshot-gone']);
  await until('the end of it', async () => ((await traces()).includes(collection) ? undefined : true));
  expect(await documentOf('short')).toBeNull();
  expect(codeOf(await list('short'))).toEqual([410, 'snapshot-gone']);
  expect((await api.put(`${type}/short`, { at, keepSeconds: 60, types: ['no.such'] })).body.state).toBe('succeeded');
});

test('those that are there are listed; deleted, one is gone at once', async () => {
  const { body } = await api.request('GET', '/snapshots');
  const ids = (body.snapshots as { id: string }[]).map(({ id }) => id);
  expect(ids).toEqual(['beside', 'stopped', 'killed']);
  expect(body.snapshots).toContainEqual(
    expect.objectContaining({
      ...{ id: 'killed', at, jobs: count },
      links: { job: `/jobs/${type}/killed`, list: '/jobs?snapshot=killed' },
    }),
  );
  const left: string[] = [];
  for (const id of ids.slice(1)) {
    expect((await api.request('DELETE', `/snapshots/${id}`)).status).toBe(204);
    expect(codeOf(await list(id))).toEqual([410, 'snapshot-gone']);
    expect(codeOf(await api.request('DELETE', `/snapshots/${id}`))).toEqual([410, 'snapshot-gone']);
  }
  left.push((await readyOne('beside')).collection);
  await onlyLeft(left);
});
