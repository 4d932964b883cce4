import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { stackSettings } from './stack-settings.ts';

test('without settings: .putlog here, the cache at home, any ports', () => {
  const settings = stackSettings({});
  expect(settings).toMatchObject({ dataDir: resolve('.putlog'), ports: {}, mongod: undefined });
  expect(settings.cacheDir).toMatch(/\.cache\/putlog$/);
});

test('ports are numbers, and an empty setting is none', () => {
  const env = {
    PUTLOG_KAFKA_PORT: '9092',
    PUTLOG_MONGODB_PORT: '',
    PUTLOG_DATA_DIR: '/data',
    PUTLOG_MONGOD: '/bin/mongod',
  };
  expect(stackSettings(env)).toMatchObject({ dataDir: '/data', ports: { kafka: 9092 }, mongod: '/bin/mongod' });
});

test('all wrong ports are named at once', () => {
  const env = { PUTLOG_KAFKA_PORT: 'many', PUTLOG_REGISTRY_PORT: '65536' };
  expect(() => stackSettings(env)).toThrow(/PUTLOG_KAFKA_PORT=many.*\nPUTLOG_REGISTRY_PORT=65536/);
});
