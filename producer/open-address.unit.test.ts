// Who may be anonymous may be reached from this machine alone, unless it was said openly.
import { expect, test } from 'vitest';
import { ConfigError } from '../platform/config.ts';
import { assertMayListen, isLoopback } from './open-address.ts';

test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('%s is this machine', (host) => {
  expect(isLoopback(host)).toBe(true);
  expect(() => assertMayListen({ host, anonymous: 'no' }, false)).not.toThrow();
});

test.each(['0.0.0.0', '::', '192.168.1.1', '128.0.0.1', 'example.com', 'localhost.example.com', '::ffff:10.0.0.1'])(
  '%s is not',
  (host) => {
    expect(isLoopback(host)).toBe(false);
    expect(() => assertMayListen({ host, anonymous: 'no' }, false)).toThrow(ConfigError);
    expect(() => assertMayListen({ host, anonymous: 'no' }, false)).toThrow('putlog keys add');
    expect(() => assertMayListen({ host, anonymous: 'yes' }, false)).not.toThrow();
    expect(() => assertMayListen({ host, anonymous: 'no' }, true)).not.toThrow();
  },
);
