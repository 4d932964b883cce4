import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cached } from './cache.ts';

let cacheDir: string;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'putlog-cache-'));
});

afterEach(() => rm(cacheDir, { recursive: true, force: true }));

const name = 'thing-1.0';
const write = (directory: string) => writeFile(join(directory, 'file'), 'content');

test('what is whole is not fetched again, and many at once fetch it once', async () => {
  let fills = 0;
  const fill = async (directory: string) => {
    fills += 1;
    await write(directory);
  };
  const all = await Promise.all(Array.from({ length: 5 }, () => cached({ cacheDir, name, fill })));
  expect(fills).toBe(1);
  expect(all.filter(({ filledMb }) => filledMb !== undefined)).toHaveLength(1);
  expect(await readdir(cacheDir)).toEqual([name]);
});

test('a failed fetch leaves nothing', async () => {
  const fill = async (directory: string) => {
    await write(directory);
    throw new Error('the network went away');
  };
  await expect(cached({ cacheDir, name, fill })).rejects.toThrow('the network went away');
  expect(await readdir(cacheDir)).toEqual([]);
});

test.each([
  ['shortened', (file: string) => truncate(file, 3)],
  ['missing', (file: string) => rm(file)],
])('with a file %s it is fetched anew', async (_, damage) => {
  const { directory } = await cached({ cacheDir, name, fill: write });
  await damage(join(directory, 'file'));
  expect(await cached({ cacheDir, name, fill: write })).toHaveProperty('filledMb');
  expect(await cached({ cacheDir, name, fill: write })).not.toHaveProperty('filledMb');
});
