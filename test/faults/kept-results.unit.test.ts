import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepBegin, keepResult, readKept } from './kept-results.ts';
import type { Result } from './result.ts';

const held = (seed: number): Result => ({
  ...{ scenario: { id: 'F1', name: 'a fault', holds: [1] }, seed, recoveryMs: 5, figures: { quietMs: 100 } },
  ...{ counts: { acked: 10, rejected: 2, unknown: 1 }, breaches: [], failure: undefined, seen: 'a', tookMs: 1 },
  folder: 'f',
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-results-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('what held and what broke stands; what never came about is run again, and counted', async () => {
  const broken: Result = { ...held(2), breaches: [{ invariant: 1, text: 'lost' }], failure: 'and not as meant' };
  await keepBegin(folder, [1, 2, 3]);
  for (const result of [held(1), broken, { ...held(3), failure: 'the broker would not start' }]) {
    await keepResult(folder, result);
  }
  const kept = await readKept(folder);
  expect(kept.seeds).toEqual([1, 2, 3]);
  expect(kept.results.map(({ seed, breaches }) => [seed, breaches.length])).toEqual([
    [1, 0],
    [2, 1],
  ]);
  expect(kept.notAsMeant).toBe(1);
});

test('nothing is resumed over another product', async () => {
  await keepBegin(folder, [1]);
  const file = join(folder, 'matrix.json');
  const begun = await readFile(file, 'utf8');
  await writeFile(file, begun.replace(/"source":"[0-9a-f]{4}/, '"source":"0000'));
  await expect(readKept(folder)).rejects.toThrow('begin a new run');
});
