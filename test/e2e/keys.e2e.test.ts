// Invariant: without a key nobody can be anonymous but on this machine; with one, nobody can be; a key that is revoked is refused by
// every api process at once. Keys are made at a terminal, with Kafka alone.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nodeFlags } from '../../cli/node-flags.ts';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { useSystem } from './system.ts';

const system = useSystem();
const program = join(import.meta.dirname, '../../cli/putlog.js');
const run = promisify(execFile);

async function putlog(...args: string[]): Promise<string> {
  const env = system.environment();
  const { stdout } = await run(process.execPath, [...nodeFlags, program, ...args], { env, timeout: 120_000 });
  return stdout;
}

type Made = { id: string; key: string };
const add = async (...args: string[]): Promise<Made> =>
  JSON.parse(await putlog('keys', 'add', '--name', 'test', '--json', ...args));

const bearer = ({ key }: Made) => ({ authorization: `Bearer ${key}` });
const limits = async ({ request }: Api, headers = {}) => (await request('GET', '/limits', { headers })).status;
const submit = async ({ request }: Api, name: string, key: Made) => {
  const headers = { 'content-type': 'application/json', ...bearer(key) };
  return (await request('PUT', `/jobs/${name}`, { headers, body: '{"n":1,"text":""}' })).status;
};

test('where others can reach it the API does not start without a key, unless that is said openly', async () => {
  const refused = system.launch('api', { PUTLOG_HOST: '0.0.0.0' });
  expect(await refused.ended).toMatchObject({ code: 78 });
  expect(await refused.output()).toMatch(/PUTLOG_HOST=.*can be reached from other machines.*putlog keys add/);
  const open = await system.startApi({ PUTLOG_HOST: '0.0.0.0', PUTLOG_ANONYMOUS: 'yes' });
  expect(await limits(open)).toBe(200);
  await open.process.end('SIGTERM');
});

test('the first key ends what is anonymous, and one that is revoked is refused, in two processes at once', async () => {
  const [one, two] = await Promise.all([system.startApi(), system.startApi()]);
  const apis = [one, two];
  for (const api of apis) expect(await limits(api)).toBe(200);

  const all = await add('--scope', 'submit,read,operate');
  expect(all.key).toMatch(/^putlog_[0-9a-f]{12}_[\w-]{43}$/);
  for (const api of apis) {
    await until('the end of what is anonymous', async () => ((await limits(api)) === 401 ? true : undefined));
    expect(await limits(api, bearer(all))).toBe(200);
  }
  const some = await add('--scope', 'submit', '--type', 'demo.*');
  for (const [i, api] of apis.entries()) {
    await until('a key that is known', async () => ((await limits(api, bearer(some))) === 403 ? true : undefined));
    expect(await submit(api, `demo.echo/${i}`, some)).toBe(202);
    expect(await submit(api, `text.statistics/${i}`, some)).toBe(403);
    expect(await submit(api, `demo.echo/${i}?then=text.statistics`, some)).toBe(403);
  }

  const listed = await putlog('keys', 'list', '--json');
  expect(JSON.parse(listed).keys).toMatchObject([
    { id: all.id },
    { id: some.id, scopes: ['submit'], types: ['demo.*'] },
  ]);
  for (const secret of [all, some]) expect(listed).not.toContain(secret.key.slice(20));

  expect(JSON.parse(await putlog('keys', 'revoke', some.id, '--json'))).toMatchObject({
    revokedAt: expect.any(String),
  });
  for (const api of apis)
    await until('the end of the key', async () =>
      (await submit(api, 'demo.echo/0', some)) === 401 ? true : undefined,
    );
  expect(await limits(one, bearer(all))).toBe(200);
  await putlog('keys', 'revoke', all.id);
  for (const api of apis)
    await until('the end of the last key', async () => ((await limits(api, bearer(all))) === 401 ? true : undefined));
  expect(await limits(two)).toBe(401);

  // Where there was a key, there may be others than this machine.
  const started = await system.startApi({ PUTLOG_HOST: '0.0.0.0' });
  expect(await limits(started)).toBe(401);
});

test('what is wrong with an option is said, and no such key is, too', async () => {
  await expect(add('--scope', 'admin')).rejects.toThrow('--scope must be one or more of submit, read, operate');
  await expect(putlog('keys', 'revoke', '0'.repeat(12))).rejects.toThrow('there is no key 000000000000');
});
