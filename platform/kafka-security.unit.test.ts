// Settings become what kafkajs takes; what is amiss among them is told before anything connects.
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { kafkaSecurity } from './kafka-security.ts';

const required = {
  KAFKA_BROKERS: 'a:9092',
  SCHEMA_REGISTRY_URL: 'http://registry:8081',
  MONGODB_URI: 'mongodb://m:27017/putlog',
};
const read = (more: Record<string, string>) => readConfig({ ...required, ...more });
const sasl = { KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'secret' };

test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('%s, with or without TLS', (mechanism) => {
  const settings = { ...sasl, KAFKA_SASL_MECHANISM: mechanism };
  const told = { mechanism, username: 'me', password: 'secret' };
  expect(kafkaSecurity(read(settings))).toEqual({ sasl: told });
  expect(kafkaSecurity(read({ ...settings, KAFKA_TLS: 'yes' }))).toEqual({ sasl: told, ssl: {} });
});

test('nothing unless told', () => expect(kafkaSecurity(read({}))).toEqual({}));

test('a file that cannot be read is named', () => {
  const config = read({ KAFKA_TLS: 'yes', KAFKA_TLS_CA: '/nowhere/ca.pem' });
  expect(() => kafkaSecurity(config)).toThrow(ConfigError);
  expect(() => kafkaSecurity(config)).toThrow('KAFKA_TLS_CA="/nowhere/ca.pem" cannot be read');
});

test.each([
  [
    { KAFKA_SASL_MECHANISM: 'plain' },
    'KAFKA_SASL_MECHANISM is set, and KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD is not',
  ],
  [sasl, 'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD is set, and KAFKA_SASL_MECHANISM is not'],
  [{ KAFKA_TLS_CA: 'ca.pem' }, 'KAFKA_TLS_CA is set, and KAFKA_TLS is not yes'],
  [{ PUTLOG_TLS_CERT: 'cert.pem' }, 'PUTLOG_TLS_CERT is set, and PUTLOG_TLS_KEY is not'],
  [{ PUTLOG_JWKS_URL: 'https://a/jwks' }, 'PUTLOG_JWT_ISSUER and PUTLOG_JWT_AUDIENCE is not'],
  [{ PUTLOG_RATE_LIMIT: '100' }, 'PUTLOG_RATE_LIMIT="100" must be requests in a time'],
  [{ PUTLOG_CORS_ORIGINS: 'https://a/path' }, 'PUTLOG_CORS_ORIGINS'],
])('%j is refused', (settings, message) => expect(() => read(settings)).toThrow(message));

test('a rate is read', () => {
  expect(read({ PUTLOG_RATE_LIMIT: '20000/1h' }).rateLimit).toEqual({ count: 20_000, window: 3_600 });
  expect(read({}).rateLimit).toBeUndefined();
});

test.each([
  ['mongodb://a:1,b:2/db?replicaSet=r', 'mongodb://a:1,b:2/db?replicaSet=r&tls=true&tlsCAFile=%2Fca%20.pem'],
  ['mongodb://a:1/db', 'mongodb://a:1/db?tls=true&tlsCAFile=%2Fca%20.pem'],
  ['mongodb://a:1', 'mongodb://a:1/?tls=true&tlsCAFile=%2Fca%20.pem'],
])('MongoDB at %s, by its own authorities', (uri, expected) => {
  expect(read({ MONGODB_URI: uri, MONGODB_TLS_CA: '/ca .pem' }).mongoUri).toBe(expected);
});
