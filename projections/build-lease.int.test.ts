// At most one process builds a version, whoever else tries; what a dead one left is taken over, and what it was doing is known.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log } from '../test/stack/log.ts';
import { BuildTakenError, buildsIn, dropLeftBuilds, takeBuildLease } from './build-lease.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/lease-${randomUUID()}`;
const mongo = createMongo(uri.href);
const { db } = mongo;

beforeEach(async () => {
  await db.dropDatabase();
});
afterAll(async () => {
  await db.dropDatabase();
  await mongo.close();
});

const take = (version = 'jobs_v2') => takeBuildLease(db, 'rebuild', async () => version, log);
/** As another machine sees it, where nobody can tell whether a process lives. */
const elsewhere = (fields: object) =>
  db
    .collection<{ _id: string }>('read_model_builds')
    .updateOne({ _id: 'rebuild' }, { $set: { host: 'elsewhere', ...fields } });

test('of many who try one is given it, and the others are told whose it is', async () => {
  const tries = await Promise.allSettled([1, 2, 3, 4].map(() => take()));
  const given = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(given).toHaveLength(1);
  for (const one of tries)
    if (one.status === 'rejected') {
      expect(one.reason).toBeInstanceOf(BuildTakenError);
      expect(one.reason.message).toContain(`jobs_v2, by process ${process.pid}`);
    }
  await given[0]?.giveBack(true);
  expect(await buildsIn(db)).toEqual(new Set());
});

test('what was given back unfinished is gone on with, as it was left', async () => {
  const first = await take('jobs_v7');
  expect([first.version, first.ready, first.leftMs]).toEqual(['jobs_v7', false, undefined]);
  await first.set({ ready: true });
  await first.giveBack(false);
  expect(await buildsIn(db)).toEqual(new Set(['jobs_v7']));
  const second = await take('jobs_v9');
  expect([second.version, second.ready]).toEqual(['jobs_v7', true]);
  expect(second.leftMs).toBeLessThan(60_000);
  await second.giveBack(true);
});

test('of a process of this machine that is gone it is taken at once', async () => {
  const first = await take();
  // A process id that nobody has: of this machine the highest is far below it.
  await db
    .collection<{ _id: string }>('read_model_builds')
    .updateOne({ _id: 'rebuild' }, { $set: { pid: 2 ** 30, token: 'dead' } });
  const began = performance.now();
  const second = await take();
  expect(performance.now() - began).toBeLessThan(3_000);
  await until('the first knows', async () => first.isLost() || undefined);
  await expect(first.assertHeld()).rejects.toThrow(/taken over/);
  await expect(first.set({ ready: true })).rejects.toThrow(/taken over/);
  await first.giveBack(true);
  expect(await buildsIn(db), 'it is no longer its own to end').toEqual(new Set(['jobs_v2']));
  await second.giveBack(true);
});

test('of a process elsewhere that is silent it is taken when its time is over, and not before', async () => {
  const first = await take();
  await elsewhere({ token: 'silent', until: new Date(Date.now() + 2_000) });
  const began = performance.now();
  const second = await take();
  expect(performance.now() - began).toBeGreaterThan(1_000);
  await second.giveBack(true);
  await first.giveBack(false);
});

test('a holder that lives keeps it for longer than a lease', async () => {
  const first = await take();
  await elsewhere({});
  await delay(7_000);
  await first.assertHeld();
  await expect(take()).rejects.toThrow(BuildTakenError);
  await first.giveBack(true);
});

test('what was built for a look and left is dropped, and what is being looked at is not', async () => {
  const names = ['jobs_check_a', 'jobs_check_b'];
  const leases = await Promise.all(names.map((name) => takeBuildLease(db, name, async () => name, log)));
  await leases[0]?.giveBack(false);
  const dropped: string[] = [];
  await dropLeftBuilds(db, 'jobs_check_', async (name) => void dropped.push(name));
  expect(dropped).toEqual(['jobs_check_a']);
  expect(await buildsIn(db)).toEqual(new Set(['jobs_check_b']));
  await leases[1]?.giveBack(true);
});
