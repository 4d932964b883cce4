import { isAbsolute } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig, settings } from './config.ts';

const required = {
  KAFKA_BROKERS: 'a:9092,b:9093',
  SCHEMA_REGISTRY_URL: 'http://registry:8081',
  MONGODB_URI: 'mongodb://m:27017/putlog',
};
const problemsOf = (env: Record<string, string>): string => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was wrong');
};

test('what is not set has its default, as the table says', () => {
  expect(readConfig(required)).toMatchObject({
    ...{ kafkaBrokers: 'a:9092,b:9093', registryUrl: 'http://registry:8081', mongoUri: 'mongodb://m:27017/putlog' },
    ...{ port: 3000, host: '127.0.0.1', prefix: 'putlog', jobs: '', partitions: 8, eventRetentionMs: -1 },
    ...{ allowPrivateAddresses: 'no', logLevel: 'info' },
  });
});

test('a number that is not set, and has no default, is undefined; 0 is not', () => {
  const requireMinIsrOf = (value: string) => readConfig({ ...required, PUTLOG_REQUIRE_MIN_ISR: value }).requireMinIsr;
  expect([requireMinIsrOf(''), requireMinIsrOf('0'), requireMinIsrOf('2')]).toEqual([undefined, 0, 2]);
});

test('an empty variable is one that is not set', () => {
  expect(readConfig({ ...required, PUTLOG_PORT: '', PUTLOG_PREFIX: '' })).toMatchObject({
    port: 3000,
    prefix: 'putlog',
  });
  expect(problemsOf({ ...required, MONGODB_URI: '' })).toContain('MONGODB_URI is not set');
});

test('every problem is told at once, each with its variable', () => {
  const message = problemsOf({ KAFKA_BROKERS: 'nonsense', PUTLOG_PORT: '65536', PUTLOG_LOG_LEVEL: 'loud' });
  expect(message).toContain('5 settings are wrong');
  for (const name of ['KAFKA_BROKERS="nonsense"', 'SCHEMA_REGISTRY_URL is not set', 'MONGODB_URI is not set'])
    expect(message).toContain(name);
  expect(message).toMatch(/PUTLOG_PORT="65536" must be a whole number from 0 to 65535/);
  expect(message).toMatch(/PUTLOG_LOG_LEVEL="loud" must be one of fatal, error/);
});

describe('values', () => {
  test.each([
    ['PUTLOG_PORT', ['-1', '80.5', 'http', '1e3', '0x10', ' ']],
    ['PUTLOG_PARTITIONS', ['0', '1025']],
    ['PUTLOG_REQUIRE_MIN_ISR', ['-1', '10', 'two']],
    ['PUTLOG_SESSION_TIMEOUT_MS', ['5999', '300001']],
    ['PUTLOG_EVENT_RETENTION_MS', ['-2']],
    ['PUTLOG_MAX_PAYLOAD_BYTES', ['1023', '900001']],
    ['PUTLOG_PREFIX', ['Putlog', '1a', 'a.b', 'a'.repeat(42)]],
    ['PUTLOG_ALLOW_PRIVATE_ADDRESSES', ['true', 'Yes']],
    ['KAFKA_BROKERS', ['localhost', 'a:9092,', 'a:9092 b:9092']],
    ['SCHEMA_REGISTRY_URL', ['registry:8081', 'ftp://r']],
    ['MONGODB_URI', ['http://m', 'm:27017']],
  ])('of %s outside its range are refused', (name, values) => {
    for (const value of values) expect(problemsOf({ ...required, [name]: value }), value).toContain(name);
  });

  test('at the ends of their ranges are taken', () => {
    const env = { PUTLOG_PORT: '0', PUTLOG_PARTITIONS: '1024', PUTLOG_SESSION_TIMEOUT_MS: '6000' };
    expect(readConfig({ ...required, ...env })).toMatchObject({ port: 0, partitions: 1024, sessionTimeoutMs: 6_000 });
  });

  test('the folder of jobs becomes absolute', () => {
    expect(isAbsolute(readConfig({ ...required, PUTLOG_JOBS: 'my/jobs' }).jobs)).toBe(true);
  });
});

test('each variable has one setting, and every default is a value that it takes', () => {
  const all = Object.values(settings);
  expect(new Set(all.map(({ env }) => env)).size).toBe(all.length);
  for (const { fallback, parse, env } of all)
    if (fallback !== undefined) expect(() => parse(fallback), env).not.toThrow();
});
