// Invariants: types with personal fields start nothing without the key that wraps theirs, and nothing with another one; that key is replaced
// while everything runs, and nothing in the log changes.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Api } from './api.ts';
import { runProgram } from './run-program.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const masterKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const PUTLOG_PERSONAL_KEY = masterKey('1');
const PUTLOG_JOBS = join(import.meta.dirname, 'personal-jobs');
const system = useSystem({ settings: { PUTLOG_PERSONAL_KEY, PUTLOG_JOBS, PUTLOG_PARTITIONS: '2' } });
const bob = { customer: 'c-bob', name: 'Bob' };
const isDone = { state: 'succeeded', result: { name: bob.name.length } };
let api: Api;
let worker: ServiceProcess;

beforeAll(async () => {
  [api, worker] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
  expect((await api.put('test.greet/first', bob)).status).toBe(202);
  expect(await api.finished(['test.greet/first'])).toMatchObject([isDone]);
});

test.each([
  ['without a key', '', /PUTLOG_PERSONAL_KEY is not set: test\.greet \(and 1 more\) has personal fields/],
  ['with another one', masterKey('1'), /were wrapped with another \\"1\\" than the one in PUTLOG_PERSONAL_KEY/],
  ['with one of another name', masterKey('2'), /were wrapped with \\"1\\", which PUTLOG_PERSONAL_KEY lacks/],
])('%s neither api nor worker starts, and says why', async (_, key, said) => {
  const refused = (['api', 'worker'] as const).map((role) => system.launch(role, { PUTLOG_PERSONAL_KEY: key }));
  for (const { ended, output } of refused) {
    expect(await ended).toMatchObject({ code: 78 });
    expect(await output()).toMatch(said);
  }
});

test('the key of the environment is replaced while everything runs', async () => {
  const next = masterKey('2');
  const both = { ...system.environment(), PUTLOG_PERSONAL_KEY: `${next},${PUTLOG_PERSONAL_KEY}` };
  // That of the index, and that of Bob.
  expect(await runProgram(['rewrap', '--json'], both)).toMatchObject({ code: 0, stdout: '{"rewrapped":2,"by":"2"}\n' });
  const renewed = await system.startApi({ PUTLOG_PERSONAL_KEY: next });
  expect((await renewed.put('test.greet/first', bob)).status, 'its digest is the same').toBe(200);
  // This worker has the old one alone. What it cannot open waits for one that can.
  expect((await renewed.put('test.greet/second', bob)).status).toBe(202);
  await worker.end('SIGTERM');
  await system.start('worker', { PUTLOG_PERSONAL_KEY: next });
  expect(await renewed.finished(['test.greet/second'])).toMatchObject([isDone]);
});
