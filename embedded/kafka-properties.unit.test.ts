import { expect, test } from 'vitest';
import { kafkaProperties } from './kafka-properties.ts';

const lines = (logDir: string) => kafkaProperties({ port: 9092, controllerPort: 9093, logDir }).split('\n');

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
  const all = kafkaProperties({ port: 9092, controllerPort: 9093, logDir: '/data', proxied }).split('\n');
  expect(all).toContain('listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093,PROXIED://127.0.0.1:9094');
  expect(all).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:9092,PROXIED://127.0.0.1:9095');
});

test('a setting that is given replaces ours, and stands there once', () => {
  const properties = { 'num.io.threads': 9 };
  const all = kafkaProperties({ port: 9092, controllerPort: 9093, logDir: '/data', properties }).split('\n');
  expect(all.filter((line) => line.startsWith('num.io.threads='))).toEqual(['num.io.threads=9']);
});
