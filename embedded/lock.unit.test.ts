import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holderOf, parseHolder, tryLock } from './lock.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'putlog-lock-'));
  path = join(directory, 'lock');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const take = async () => {
  const attempt = await tryLock(path);
  if (!('lock' in attempt)) throw new Error('held by somebody else');
  return attempt.lock;
};

test('a second one is refused with the holder, until the first lets go', async () => {
  const lock = await take();
  expect(await tryLock(path)).toMatchObject({ heldBy: { pid: process.pid } });
  await lock.release();
  await (await take()).release();
  expect(await readdir(directory)).toEqual([]);
});

test('of many at once exactly one gets it', async () => {
  const attempts = await Promise.all(Array.from({ length: 20 }, () => tryLock(path)));
  expect(attempts.filter((attempt) => 'lock' in attempt)).toHaveLength(1);
  expect(await readdir(directory)).toEqual(['lock']);
});

test.each([
  ['of a process that is gone', { pid: 2 ** 22 + 1, started: '1' }],
  ['whose pid belongs to another process by now', { pid: process.pid, started: '1' }],
])('a lock %s is taken over, by one', async (_, holder) => {
  await writeFile(path, JSON.stringify(holder));
  // So is what a process left that died while it took the lock over.
  await writeFile(`${path}.after-${holder.pid}-1`, JSON.stringify({ pid: 2 ** 22 + 2, started: '1' }));
  const attempts = await Promise.all(Array.from({ length: 20 }, () => tryLock(path)));
  expect(attempts.filter((attempt) => 'lock' in attempt)).toHaveLength(1);
  expect(await holderOf(path)).toMatchObject({ pid: process.pid });
  expect(await readdir(directory)).toEqual(['lock']);
});

test('what is no lock is nobody’s', () => {
  expect(parseHolder('')).toBeUndefined();
  expect(parseHolder('{"pid":"1"}')).toBeUndefined();
  expect(parseHolder('{"pid":12,"started":"34"}')).toEqual({ pid: 12, started: '34' });
});
