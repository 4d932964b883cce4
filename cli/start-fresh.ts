import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endLeftovers } from '../embedded/end-leftovers.ts';
import { lockDataDir } from '../embedded/lock-data-dir.ts';
import { readState } from '../embedded/stack-state.ts';
import type { Say } from './start-log.ts';

/**
 * Deletes what Putlog made in a data directory, and nothing else that may be there. Refuses while a stack runs in
 * it. Called by start.ts for `--fresh`.
 */
const made = ['kafka', 'registry', 'mongod', 'logs', 'stack.json', 'stack.json.new', 'run.json', 'run.json.new'];

export async function deleteData(dataDir: string, say: Say): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const lock = await lockDataDir(dataDir);
  try {
    const { processes } = await readState(dataDir);
    await endLeftovers(Object.values(processes), say);
    for (const name of made) await rm(join(dataDir, name), { recursive: true, force: true });
    say(`  Deleted the data in ${dataDir}`);
  } finally {
    await lock.release();
  }
}
