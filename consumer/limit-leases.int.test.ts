import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import type {} from '../test/stack/addresses.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log, randomName } from '../test/stack/log.ts';
import { createLimitLeases, type LimitLeases } from './limit-leases.ts';

const uri = new URL(inject('stack').mongoUri);
let mongo: ReturnType<typeof createMongo>;
let open: LimitLeases[];

beforeEach(() => {
  uri.pathname = `/${randomName('leases')}`;
  mongo = createMongo(uri.href);
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((leases) => leases.close()));
  await mongo.db.dropDatabase();
  await mongo.close();
});

function worker(owner: string) {
  const leases = createLimitLeases({ db: mongo.db, owner, log, come: () => undefined });
  open.push(leases);
  return leases;
}

test('all workers together never have more than the limit, and each has its turn', async () => {
  const workers = ['w1', 'w2', 'w3'].map(worker);
  for (const leases of workers) leases.want('a.b', 2, 5);
  const begun = workers.map(() => 0);
  let running = 0;
  let most = 0;
  /** A job that takes some turns of the event loop, wherever there is a place. */
  const run = async (leases: LimitLeases, i: number) => {
    const lease = leases.take('a.b', 2);
    if (lease === undefined) return;
    begun[i] = (begun[i] ?? 0) + 1;
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    leases.give('a.b', lease);
  };
  await until(
    'a turn for each',
    async () => {
      await Promise.all(workers.map(run));
      return begun.every((count) => count > 0) || undefined;
    },
    40_000,
  );
  expect(most).toBe(2);
});

test('what nobody wants any more is given back, and so is all when a worker stops', async () => {
  const [first, second] = [worker('w1'), worker('w2')];
  const taken = (leases: LimitLeases) => until('a place', async () => leases.take('a.b', 1), 20_000);
  first.want('a.b', 1, 1);
  const lease = await taken(first);
  second.want('a.b', 1, 1);
  first.want('a.b', 1, 0);
  first.give('a.b', lease);
  await taken(second);
  await second.close();
  first.want('a.b', 1, 1);
  await taken(first);
});

test('the place of a worker that died is free when its lease has ended', async () => {
  const ends = Date.now() + 2_500;
  const place = { _id: 'a.b/0' as never, type: 'a.b', place: 0, owner: 'dead', until: new Date(ends) };
  await mongo.db.collection('limits').insertOne(place);
  const leases = worker('w1');
  leases.want('a.b', 1, 1);
  await until('the place', async () => leases.take('a.b', 1), 20_000);
  expect(Date.now()).toBeGreaterThanOrEqual(ends);
});
