// A partition whose place is stored with what its handler writes, on a real MongoDB: both or neither, whatever throws, and an owner that
// was taken over from writes nothing any more.
import { type ClientSession, MongoClient } from 'mongodb';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { randomName } from '../test/stack/log.ts';
import type { DeadEvent } from './dead-event.ts';
import { createExactlyOnce } from './exactly-once.ts';
import { LostPlaceError } from './place.ts';
import { createStoredPlaces } from './stored-places.ts';
import type { SubscribedEvent } from './subscribed-event.ts';
import { partOf, silent } from './subscriber.fixture.ts';

const client = await new MongoClient(inject('stack').mongoUri).connect();
const db = client.db(randomName('once'));
const applied = db.collection<{ position: string; job: string }>('applied');
const places = createStoredPlaces(db, 'places', silent);
const never = new AbortController().signal;
let id: string;

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});
beforeEach(async () => {
  id = randomName('place');
  await applied.deleteMany({});
});

const write = ({ position, job }: SubscribedEvent, session: ClientSession) =>
  applied.insertOne({ position, job }, { session });
const appliedJobs = async () => (await applied.find().sort({ _id: 1 }).toArray()).map(({ job }) => job.slice(11));

type Given = {
  names: readonly string[];
  handler?: (event: SubscribedEvent, session: ClientSession) => unknown;
  onDead?: (dead: DeadEvent, error: Error, session: ClientSession) => unknown;
  batch?: number;
};

async function open({ names, handler = write, onDead = () => undefined, batch = 50 }: Given) {
  const { part, take, gate } = partOf(names);
  const retry = { attempts: 3, backoffMs: 1, maxBackoffMs: 1 };
  const opening = createExactlyOnce({
    ...{ client, places, take, gate, handler, onDead, retry, batch, log: silent },
    ...{ idOf: () => id, firstOffset: async () => 0 },
  });
  return { place: await opening(0, never), part };
}

test('events and place together; the next owner begins behind them', async () => {
  const { place, part } = await open({ names: ['a', '-', 'b'] });
  await place.apply(part);
  expect(await appliedJobs()).toEqual(['a', 'b']);
  expect(await places.find(id)).toMatchObject({ next: 3, epoch: 1 });
  expect((await open({ names: [] })).place.next).toBe(3);
});

test('what throws takes back what was written beside it, and is applied in the end, once and in order', async () => {
  let left = 2;
  const { place, part } = await open({
    names: ['a', 'b', 'c', 'd'],
    async handler(event, session) {
      await write(event, session);
      if (event.jobId === 'c' && left-- > 0) throw new Error('not yet');
    },
  });
  await place.apply(part);
  expect(await appliedJobs()).toEqual(['a', 'b', 'c', 'd']);
});

test('what has had all its attempts is dead in the transaction that passes it over; the others go on', async () => {
  const dead: string[] = [];
  const { place, part } = await open({
    names: ['a', 'b', '', 'c'],
    async handler(event, session) {
      await write(event, session);
      if (event.jobId === 'b') throw new Error('never');
    },
    async onDead({ position, event }, error, session) {
      dead.push(`${position} ${error.message}`);
      await applied.insertOne({ position, job: `word.count/dead:${event?.jobId}` }, { session });
    },
    batch: 2,
  });
  await place.apply(part);
  expect(await appliedJobs()).toEqual(['a', 'dead:b', 'dead:undefined', 'c']);
  expect(dead.at(0)).toBe('test.events/0@1 never');
  expect(await places.find(id)).toMatchObject({ next: 4 });
});

test('a handler that goes on after MongoDB has ended its transaction is told so, and does not go round for ever', async () => {
  const unique = db.collection<{ _id: string }>('unique');
  await unique.insertOne({ _id: 'a' });
  const dead: string[] = [];
  const { place, part } = await open({
    names: ['a', 'b'],
    async handler(event, session) {
      // A key that is there already ends the transaction; whoever catches that has nothing to write into.
      await unique.insertOne({ _id: event.jobId }, { session }).catch(() => undefined);
      await write(event, session);
    },
    onDead: ({ position }) => void dead.push(position),
  });
  await place.apply(part);
  expect(dead).toEqual(['test.events/0@0']);
  expect(await appliedJobs()).toEqual(['b']);
});

describe('an owner that was taken over from', () => {
  test('applies nothing any more', async () => {
    const old = await open({ names: ['a', 'b'] });
    const now = await open({ names: ['a', 'b'] });
    await expect(old.place.apply(old.part)).rejects.toThrow(LostPlaceError);
    expect(await appliedJobs()).toEqual([]);
    await now.place.apply(now.part);
    expect(await appliedJobs()).toEqual(['a', 'b']);
  });

  test('in the middle of a transaction: that is ended at once, and nothing of it stays', async () => {
    const inHand = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const old = await open({
      names: ['a', 'b'],
      async handler(event, session) {
        await write(event, session);
        inHand.resolve();
        await taken.promise;
      },
    });
    const applying = old.place.apply(old.part).catch((error: unknown) => error);
    await inHand.promise;
    const began = performance.now();
    const now = await open({ names: ['a', 'b'] });
    // By itself MongoDB would end it after a minute, and the place would be locked until then.
    expect(performance.now() - began).toBeLessThan(20_000);
    await now.place.apply(now.part);
    taken.resolve();
    expect(await applying).toBeInstanceOf(LostPlaceError);
    expect(await appliedJobs()).toEqual(['a', 'b']);
  });
});
