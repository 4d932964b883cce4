import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DryMongoBinary } from 'mongodb-memory-server-core/lib/util/DryMongoBinary.js';
import { isWhole } from './cache.ts';
import { problem } from './problem.ts';
import { runTool } from './run-tool.ts';
import { isMongodRecent, leastMongod, mongodVersion } from './versions.ts';

/**
 * Looks for a mongod that this machine has already: the one that PUTLOG_MONGOD names, one on the PATH, one in our
 * cache, one that mongodb-memory-server downloaded. No network. Called by requirements.ts.
 */
export type FoundMongod = { readonly file: string; readonly version: string };

export const mongodCacheNames = { official: 'mongod-official', wheel: 'mongod-wheel-0.4.0' };

export async function findMongod(cacheDir: string, named: string | undefined): Promise<FoundMongod | undefined> {
  if (named !== undefined) {
    const version = await versionOf(named);
    if (version !== undefined && isMongodRecent(version)) return { file: named, version };
    const found = version === undefined ? 'is not a mongod that runs' : `is version ${version}`;
    throw problem(`PUTLOG_MONGOD=${named} ${found}: name a mongod ${leastMongod}.0 or newer, or leave it unset.`);
  }
  for (const file of await candidates(cacheDir)) {
    const version = await versionOf(file);
    if (version !== undefined && isMongodRecent(version)) return { file, version };
  }
  return undefined;
}

async function candidates(cacheDir: string): Promise<string[]> {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'mongod'));
  const ours: string[] = [];
  for (const name of Object.values(mongodCacheNames)) {
    if (await isWhole(join(cacheDir, name))) ours.push(join(cacheDir, name, 'mongod'));
  }
  const theirs = await DryMongoBinary.locateBinary(DryMongoBinary.getEnsuredOptions()).catch(() => undefined);
  const executable = await Promise.all(
    [...onPath, ...ours, ...(theirs === undefined ? [] : [theirs])].map(ifExecutable),
  );
  return executable.flat();
}

const ifExecutable = (file: string) =>
  access(file, constants.X_OK).then(
    () => [file],
    () => [],
  );

/** Undefined for a file that does not run here, such as one built for another system. */
export async function versionOf(file: string): Promise<string | undefined> {
  return mongodVersion(await runTool(file, ['--version']).catch(() => ''));
}
