// A connection of kafkajs to a server that answers as it is told: in part, late, or out of an old socket.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { logLevel } from 'kafkajs';
import { createLogger } from 'kafkajs/src/loggers/index.js';
import Connection from 'kafkajs/src/network/connection.js';
import ConnectionPool from 'kafkajs/src/network/connectionPool.js';
import { requests } from 'kafkajs/src/protocol/requests/index.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFrameCutter, requestHead } from '../test/faults/kafka-frames.ts';
import { soon, until } from '../test/stack/deadline.ts';
import './kafkajs-connections.ts';
import './kafkajs-timers.ts';
import { kafkaSocket } from './kafka-socket.ts';

let server: Server;
let connection: Connection;
let pool: ConnectionPool;
/** As they came: sockets, and the requests that came over each. */
let clients: { socket: Socket; asked: number[] }[];

beforeEach(async () => {
  clients = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    const client = { socket, asked: [] as number[] };
    clients.push(client);
    const cut = createFrameCutter();
    socket.on('data', (chunk) => client.asked.push(...cut(chunk).map((frame) => requestHead(frame).correlationId)));
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const options = {
    ...{ host: '127.0.0.1', port: typeof address === 'object' ? address?.port : undefined, clientId: 'test' },
    ...{ connectionTimeout: 3_000, requestTimeout: 20_000, enforceRequestTimeout: true, socketFactory: kafkaSocket },
    logger: createLogger({ level: logLevel.NOTHING, logCreator: () => () => undefined }),
  };
  connection = new Connection(options);
  pool = new ConnectionPool(options);
});
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  server.close();
  await Promise.all([connection.disconnect(), pool.destroy()]);
});

const { request } = requests.Produce.protocol({ version: 7 })({ acks: -1, topicData: [] });
const response = { decode: async (payload: Buffer) => String(payload), parse: async (text: string) => text };

/** Resolves to the text of its answer. */
async function ask(): Promise<unknown> {
  if (!connection.isConnected()) await connection.connect();
  return connection.send({ request, response });
}

/** The socket of this number, from 0 on, once so many requests have come over it. */
const asked = (number: number, count = 1) =>
  until('a request', async () => ((clients[number]?.asked.length ?? 0) >= count ? clients[number] : undefined));

function answerTo(correlationId: number | undefined, text: string): Buffer {
  const answer = Buffer.alloc(8 + text.length);
  answer.writeInt32BE(4 + text.length);
  answer.writeInt32BE(correlationId ?? -1, 4);
  answer.write(text, 8);
  return answer;
}

test('an answer that broke off is no part of those that come over the next socket', async () => {
  const first = ask();
  const broken = await asked(0);
  broken.socket.write(answerTo(broken.asked[0], 'an answer that does not come to its end').subarray(0, 20));
  await until('its beginning', async () => (connection.bytesBuffered === 20 ? true : undefined));
  broken.socket.resetAndDestroy();
  await expect(first).rejects.toThrow(/onnection/);

  const second = ask();
  const whole = await asked(1);
  whole.socket.write(answerTo(whole.asked[0], 'all'));
  expect(await second).toBe('all');
});

test('an old socket says nothing any more, and its end is not the end of the next one', async () => {
  const first = ask();
  const old = await asked(0);
  old.socket.write(answerTo(old.asked[0], 'in time'));
  expect(await first).toBe('in time');
  await connection.disconnect();

  const second = ask();
  const next = await asked(1);
  old.socket.end(answerTo(next.asked[0], 'of the old socket'));
  await until('the end of the old socket', async () => (old.socket.destroyed ? true : undefined));
  next.socket.write(answerTo(next.asked[0], 'of the next one'));
  expect(await second).toBe('of the next one');
});

test('who finds it closed at the same time shares one socket', async () => {
  const all = Promise.all([ask(), ask(), ask()]);
  const { socket, asked: ids } = await asked(0, 3);
  for (const id of ids) socket.write(answerTo(id, 'one'));
  expect(await all).toEqual(['one', 'one', 'one']);
  expect(clients).toHaveLength(1);
});

test('nothing is sent to a peer that is being left: what comes then opens the connection anew', async () => {
  const given = pool.send({ request, response });
  const refused = expect(given).rejects.toThrow('Closed connection');
  await asked(0);
  // It waits for an answer that does not come.
  const left = pool.destroy();
  const next = pool.send({ request, response });
  const client = await asked(1);
  client.socket.write(answerTo(client.asked[0], 'of the next one'));
  expect(await soon('the answer', next)).toBe('of the next one');
  await Promise.all([refused, soon('the end of the first', left)]);
  expect(clients.map(({ asked: ids }) => ids.length)).toEqual([1, 1]);
});

test('what is sent in the moment of a close has an end too, however the two meet', async () => {
  for (let ticks = 0; ticks < 12; ticks++) {
    await connection.connect();
    const late = connection.send({ request, response });
    const ended = expect(soon('an end', late, 5_000), `${ticks}`).rejects.toThrow(/Closed connection|Not connected/);
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    const left = connection.disconnect();
    for (const { socket } of clients) socket.end();
    await Promise.all([left, ended]);
  }
});
