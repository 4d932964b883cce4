import { expect, test } from 'vitest';
import { createBackoff } from './start-backoff.ts';
import { isWarning, messageOf } from './start-log.ts';
import { isReady } from './start-service.ts';
import { addressTable, lineToTry, withoutPassword } from './start-table.ts';

test('restarts wait 250 ms, twice as long each time up to 10 s, and 250 ms again after a long life', () => {
  const { next } = createBackoff();
  expect([0, 0, 0, 0, 0, 0, 0, 29_999].map(next)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  expect([30_000, 0].map(next)).toEqual([250, 500]);
});

test.each([
  ['{"level":30,"msg":"level\\":50"}', false],
  ['{"level":40,"msg":"careful"}', true],
  ['{"level":60,"msg":"over"}', true],
  ['level 50', false],
])('%s is a warning: %s', (line, warning) => expect(isWarning(line)).toBe(warning));

test('the last words are the message of a log line, or the line itself', () => {
  expect(messageOf('{"level":60,"msg":"no broker"}')).toBe('no broker');
  expect(messageOf('    at main.ts:1:1')).toBe('    at main.ts:1:1');
  expect(messageOf('{"level":60}')).toBe('{"level":60}');
});

test('ready is what says so', () => {
  expect(isReady({ type: 'ready' })).toBe(true);
  expect(isReady({ type: 'ready', url: 'http://localhost:3000' })).toBe(true);
  expect(isReady({ type: 'ready', url: 3000 })).toBe(false);
  expect(isReady('ready')).toBe(false);
});

test('the table names every address, without passwords', () => {
  const processes = { api: [], worker: [], projector: [], kafka: [], registry: [], mongod: [] };
  const run = {
    http: 'http://localhost:3000',
    kafka: 'k:9092',
    registry: 'http://r/v7',
    mongodb: 'mongodb://me:secret@m/db',
    processes,
  };
  expect(addressTable(run, '/data', '/data/logs').split('\n')).toEqual([
    '  HTTP      http://localhost:3000',
    '  Docs      http://localhost:3000/docs',
    '  Kafka     k:9092',
    '  Registry  http://r/v7',
    '  MongoDB   mongodb://me:***@m/db',
    '  Data      /data',
    '  Logs      /data/logs',
  ]);
  expect(withoutPassword('mongodb://127.0.0.1:27017/putlog')).toBe('mongodb://127.0.0.1:27017/putlog');
});

test('the line to try is a PUT that a shell understands', () => {
  expect(lineToTry('http://localhost:3000')).toContain(
    `curl -i -X PUT http://localhost:3000/jobs/demo.echo/hello-1 -H 'content-type: application/json' -d '{"n":1,"text":"hello"}'`,
  );
});
