// What a run of the suite has found so far, in its folder, so that hours of it survive an interruption: a run with --resume
// goes on with what is missing. Only on the same source of the product, and only over what held or never came about: a
// breach stays.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isFailed, type Result } from './result.ts';

/** Everything that a process of the product is made of. */
const productFolders = ['cli', 'consumer', 'embedded', 'jobs', 'platform', 'producer', 'projections', 'schemas'];

export type Kept = {
  readonly seeds: readonly number[];
  readonly results: readonly Result[];
  /** Runs that were not as meant and are to be made again. */
  readonly notAsMeant: number;
};

const beginOf = (folder: string) => join(folder, 'matrix.json');
const resultsOf = (folder: string) => join(folder, 'results.jsonl');

/** Says in the folder what is going to be run. */
export async function keepBegin(folder: string, seeds: readonly number[]): Promise<void> {
  await writeFile(beginOf(folder), JSON.stringify({ source: productSource(), seeds }));
  await writeFile(resultsOf(folder), '');
}

export const keepResult = (folder: string, result: Result): Promise<void> =>
  appendFile(resultsOf(folder), `${JSON.stringify(result)}\n`);

/** @throws Error where there is nothing to resume, or the product has changed since */
export async function readKept(folder: string): Promise<Kept> {
  const begun: { source: string; seeds: number[] } = JSON.parse(await readFile(beginOf(folder), 'utf8'));
  if (begun.source !== productSource()) {
    throw new Error(`--resume: the product is not what ${folder} was run on; begin a new run in an empty folder`);
  }
  const lines = (await readFile(resultsOf(folder), 'utf8')).split('\n').filter((line) => line !== '');
  return { seeds: begun.seeds, ...toGoOnWith(lines.map((line): Result => JSON.parse(line))) };
}

/** Held or breached: stands. Neither, because the fault never came about: is run again. Pure. */
function toGoOnWith(results: readonly Result[]): Pick<Kept, 'results' | 'notAsMeant'> {
  const standing = results.filter((result) => !isFailed(result));
  return { results: standing, notAsMeant: results.length - standing.length };
}

/** Names the product's source as it is in the working copy. */
function productSource(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: resolve(import.meta.dirname, '../..'), encoding: 'utf8' });
  const committed = git('ls-tree', 'HEAD', '--', ...productFolders, 'package-lock.json');
  const changed = git('diff', 'HEAD', '--', ...productFolders, 'package-lock.json');
  return createHash('sha256')
    .update(committed + changed)
    .digest('hex');
}
