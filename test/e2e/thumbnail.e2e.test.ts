// The example that the README leads with, run as its reader runs it: a photo goes up, its thumbnail comes back.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { Api } from './api.ts';
import { useSystem } from './system.ts';

const examples = join(import.meta.dirname, '../../examples');
const thumbnail = join(examples, 'out', 'thumbnail.webp');
const system = useSystem();
let api: Api;

beforeAll(async () => {
  await rm(thumbnail, { force: true });
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

test('examples/thumbnail.ts uploads a photo, follows its job and writes a thumbnail of the right size', async () => {
  // It rejects, with what the script says, unless the script exits with 0.
  const { stdout } = await promisify(execFile)(process.execPath, [join(examples, 'thumbnail.ts'), api.url], {
    timeout: 60_000,
  });
  expect(stdout).toContain('the job has succeeded');
  const { width = 0, height = 0 } = await sharp(join(examples, 'photo.jpg')).metadata();
  const { data, info } = await sharp(thumbnail).raw().toBuffer({ resolveWithObject: true });
  expect((await sharp(thumbnail).metadata()).format).toBe('webp');
  expect(info).toMatchObject({ width: 320, height: Math.round((320 * height) / width) });
  // A picture, not one colour.
  expect(new Set(data).size).toBeGreaterThan(100);
  await rm(thumbnail);
});
