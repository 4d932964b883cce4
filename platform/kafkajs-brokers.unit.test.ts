import Broker from 'kafkajs/src/broker/index.js';
import BrokerPool from 'kafkajs/src/cluster/brokerPool.js';
import { expect, test } from 'vitest';
import './kafkajs-brokers.ts';

const logger = { namespace: () => logger, debug: () => undefined };

/** Its socket is connected; `answers` are those to the question which versions it speaks. */
function brokerThat(...answers: (() => Promise<unknown>)[]) {
  const connection = { getSupportAuthenticationProtocol: () => true, authenticate: async () => undefined };
  const connectionPool = {
    ...{ host: 'kafka', port: 9092, connectionTimeout: 1_000, isConnected: () => true, setVersions: () => undefined },
    getConnection: async () => connection,
    send: () => (answers.shift() ?? (() => Promise.reject(new Error('asked too often'))))(),
  };
  return new Broker({ connectionPool, logger });
}
const says = async () => ({ apiVersions: [{ apiKey: 3, minVersion: 0, maxVersion: 5 }] });
const isLate = () => Promise.reject(new Error('timed out'));

test('a broker that has not said what it speaks is not connected, and is asked again', async () => {
  const broker = brokerThat(isLate, says);
  await expect(broker.connect()).rejects.toThrow('timed out');
  expect(broker.isConnected()).toBe(false);
  await broker.connect();
  expect(broker.isConnected()).toBe(true);
  expect(broker.versions).toEqual({ 3: { minVersion: 0, maxVersion: 5 } });
});

test('nor is one that is asked just now', async () => {
  const answer = Promise.withResolvers<unknown>();
  const broker = brokerThat(() => answer.promise);
  const connected = broker.connect();
  expect(broker.isConnected()).toBe(false);
  answer.resolve(await says());
  await connected;
  expect(broker.isConnected()).toBe(true);
});

test('the broker that a pool falls back to is connected first', async () => {
  const seedBroker = brokerThat(says);
  const pool = Object.assign(Object.create(BrokerPool.prototype) as BrokerPool, {
    ...{ brokers: {}, seedBroker },
    connect: async () => undefined,
    connectBroker: (broker: Broker) => broker.connect(),
  });
  expect((await pool.findConnectedBroker()).versions).not.toBeNull();
});
