// The program that the page of the client is made of, run as it says there.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { useSystem } from './system.ts';

const examples = join(import.meta.dirname, '../../examples');
const system = useSystem({ settings: { PUTLOG_JOBS: join(examples, 'jobs') } });

test('the example runs', async () => {
  const [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
  const env = { ...process.env, PUTLOG_URL: api.url };
  const { stdout } = await promisify(execFile)(process.execPath, [join(examples, 'client.ts')], { env });
  expect(stdout).toContain('3 words');
  expect(stdout).toContain('succeeded');
  expect(stdout).toContain('another payload');
});
