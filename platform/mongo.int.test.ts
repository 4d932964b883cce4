import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { choosePorts } from '../embedded/ports.ts';
import { startTcpProxy } from '../test/faults/tcp-proxy.ts';
import type {} from '../test/stack/addresses.ts';
import { until } from '../test/stack/deadline.ts';
import { createMongo, insertNew, insertSmall } from './mongo.ts';
import { checkpointId, openReadModel, readModelNamed } from './read-model.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/mongo-${randomUUID()}`;
const mongo = createMongo(uri.href);

afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

describe('inserting what is new', () => {
  const collection = mongo.db.collection<{ _id: number; by: string; unique?: number }>('things');

  test('tells which were there already, and leaves those as they are', async () => {
    expect(
      await insertNew(
        collection,
        [1, 3].map((_id) => ({ _id, by: 'first' })),
      ),
    ).toEqual([]);
    expect(
      await insertNew(
        collection,
        [1, 2, 3, 4, 4].map((_id) => ({ _id, by: 'second' })),
      ),
    ).toEqual([0, 2, 4]);
    expect((await collection.find().sort({ _id: 1 }).toArray()).map(({ by }) => by)).toEqual([
      'first',
      'second',
      'first',
      'second',
    ]);
    expect(await insertNew(collection, [{ _id: 2, by: 'third' }])).toEqual([0]);
    expect(await insertNew(collection, [])).toEqual([]);
  });

  test('throws whatever is not about a key that is there', async () => {
    await mongo.db.createCollection('strict', { validator: { by: { $type: 'string' } } });
    const strict = mongo.db.collection<{ _id: number; by: unknown }>('strict');
    await insertNew(strict, [{ _id: 1, by: 'a' }]);
    await expect(
      insertNew(strict, [
        { _id: 1, by: 'a' },
        { _id: 2, by: 7 },
      ]),
    ).rejects.toThrow(/E11000|validation/);
    const away = createMongo('mongodb://127.0.0.1:9/none', { selectionTimeoutMs: 50 });
    await expect(insertNew(away.db.collection<{ _id: number }>('x'), [{ _id: 1 }])).rejects.toThrow();
    await away.close();
  });
});

describe('the read model', () => {
  test('is made once by many who open it at the same time, and is the one that the alias names', async () => {
    await mongo.db.collection('jobs_v1').createIndex({ state: 1 });
    const models = await Promise.all([1, 2, 3, 4, 5].map(() => openReadModel(mongo.db)));
    expect(new Set(models.map(({ name }) => name))).toEqual(new Set(['jobs_v1']));
    expect(await mongo.db.collection('read_models').countDocuments()).toBe(1);
    const indexes = await mongo.db.collection('jobs_v1').indexes();
    const keys = indexes.map(({ key }) => key);
    expect(keys).toContainEqual({ state: 1, createdAt: -1, _id: -1 });
    expect(keys).not.toContainEqual({ state: 1 });
    await mongo.db.collection('read_models').updateOne({ current: 'jobs_v1' }, { $set: { current: 'jobs_v2' } });
    expect((await openReadModel(mongo.db)).jobs.collectionName).toBe('jobs_v2');
  });

  test('keeps one checkpoint a collection and topic', () => {
    expect(readModelNamed(mongo.db, 'jobs_v7').jobs.collectionName).toBe('jobs_v7');
    expect(checkpointId('jobs_v7', 'putlog.events')).toBe('jobs_v7/putlog.events');
  });
});

test('a server that comes up after the first tries is found, also by tries at the same time', async () => {
  const any = { wanted: undefined, previous: undefined, setting: 'test' };
  const { port } = await choosePorts({ port: any });
  const early = createMongo(`mongodb://127.0.0.1:${port}/none?directConnection=true`, { selectionTimeoutMs: 50 });
  const pings = () => Promise.allSettled([early.ping(), early.ping(), early.ping()]);
  for (let i = 0; i < 3; i++) expect((await pings()).map(({ status }) => status)).not.toContain('fulfilled');
  const proxy = await startTcpProxy(port, { port: Number(uri.port) });
  await until('pings', async () => (await pings()).every(({ status }) => status === 'fulfilled') || undefined);
  await early.close();
  await proxy.close();
});

/** Sockets that this process opened to `port` while `work` ran. */
async function socketsTo(port: number, work: () => Promise<unknown>): Promise<Socket[]> {
  const opened: Socket[] = [];
  const note = (message: unknown) => {
    const socket = typeof message === 'object' && message !== null && 'socket' in message ? message.socket : undefined;
    if (socket instanceof Socket) opened.push(socket);
  };
  subscribe('net.client.socket', note);
  await work();
  unsubscribe('net.client.socket', note);
  return opened.filter(({ remotePort }) => remotePort === port);
}

test('a call comes back whenever in the end of its connection it was made', async () => {
  const { port } = await choosePorts({ port: { wanted: undefined, previous: undefined, setting: 'test' } });
  const proxy = await startTcpProxy(port, { port: Number(uri.port) });
  const address = `mongodb://127.0.0.1:${port}${uri.pathname}?directConnection=true`;
  const clients = [0, 1, 2, 3, 4].map(() => createMongo(address, { selectionTimeoutMs: 200 }));
  const calls: Promise<unknown>[] = [];
  /** Calls that were made between the end of their socket and its `close`. */
  let between = 0;
  for (const [turns, client] of clients.entries())
    for (const socket of await socketsTo(port, () => insertSmall(client.db, 'things', [{ _id: 1_000 }]))) {
      let closed = false;
      socket.once('close', () => (closed = true));
      const callIn = (left: number) => {
        if (left > 0) return void setImmediate(callIn, left - 1);
        if (socket.destroyed && !closed) between++;
        calls.push(insertSmall(client.db, 'things', [{ _id: 1_001 }]).catch((error: unknown) => error));
      };
      socket.once('end', () => callIn(turns));
    }
  proxy.end();
  await until('the ends of the connections', async () => calls.length >= clients.length || undefined);
  await Promise.all(calls);
  expect(between).toBeGreaterThan(0);
  await Promise.all(clients.map((client) => client.close()));
  await proxy.close();
});

test('a ping tells whether MongoDB answers', async () => {
  await expect(mongo.ping()).resolves.toBeUndefined();
  const away = createMongo('mongodb://127.0.0.1:9/none', { selectionTimeoutMs: 50 });
  await expect(away.ping()).rejects.toThrow();
  await away.close();
});
