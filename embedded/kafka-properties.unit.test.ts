import { expect, test } from 'vitest';
import { kafkaProperties } from './kafka-properties.ts';

const alone = { port: 9092, nodeId: 1, controllerPorts: [9093], logDir: '/data' };
const lines = (logDir: string) => kafkaProperties({ ...alone, logDir }).split('\n');

test('both listeners are bound to this machine, and clients are sent to the same address', () => {
  expect(lines('/data')).toContain('listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093');
  expect(lines('/data')).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:9092');
  expect(lines('/data')).toContain('controller.quorum.voters=1@127.0.0.1:9093');
});

test('every internal topic gets along with one broker, and no topic comes into being by accident', () => {
  const factors = lines('/data').filter((line) => line.includes('replication.factor=') || line.includes('min.isr='));
  expect(factors).toHaveLength(5);
  for (const line of factors) expect(line).toMatch(/=1$/);
  expect(lines('/data')).toContain('auto.create.topics.enable=false');
});

test('a backslash in a path stays one', () => {
  expect(lines(String.raw`C:\data`)).toContain(String.raw`log.dirs=C:\\data`);
});

test('who comes in by the proxied listener is sent to the proxy, everybody else to the broker itself', () => {
  const proxied = { port: 9094, advertisedPort: 9095 };
  const all = kafkaProperties({ ...alone, proxied: [proxied] }).split('\n');
  expect(all).toContain('listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093,PROXIED://127.0.0.1:9094');
  expect(all).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:9092,PROXIED://127.0.0.1:9095');
});

test('a setting that is given replaces ours, and stands there once', () => {
  const properties = { 'num.io.threads': 9 };
  const all = kafkaProperties({ ...alone, properties }).split('\n');
  expect(all.filter((line) => line.startsWith('num.io.threads='))).toEqual(['num.io.threads=9']);
});

test('one of three: its own id and listeners, the same voters for all, and what Kafka keeps for itself is kept three times', () => {
  const controllerPorts = [9093, 9193, 9293];
  const proxied = [9094, 9194, 9294].map((port) => ({ port, advertisedPort: port + 1 }));
  const all = kafkaProperties({ port: 9192, nodeId: 2, controllerPorts, logDir: '/data', proxied }).split('\n');
  expect(all).toContain('node.id=2');
  expect(all).toContain('listeners=PLAINTEXT://127.0.0.1:9192,CONTROLLER://127.0.0.1:9193,PROXIED://127.0.0.1:9194');
  expect(all).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:9192,PROXIED://127.0.0.1:9195');
  expect(all).toContain('controller.quorum.voters=1@127.0.0.1:9093,2@127.0.0.1:9193,3@127.0.0.1:9293');
  for (const line of all.filter((one) => one.includes('replication.factor='))) expect(line).toMatch(/=3$/);
  for (const line of all.filter((one) => /min\.(isr|insync)/.test(one))) expect(line).toMatch(/=2$/);
});
