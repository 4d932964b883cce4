import { join } from 'node:path';
import { type Lock, tryLock } from './lock.ts';
import { problem } from './problem.ts';

/** The data directory for one stack alone, or a sentence that says who has it. Called by whoever changes its data. */
export async function lockDataDir(dataDir: string): Promise<Lock> {
  const attempt = await tryLock(join(dataDir, 'lock'));
  if ('lock' in attempt) return attempt.lock;
  const { pid } = attempt.heldBy;
  throw problem(
    `${dataDir} is in use by another running stack (process ${pid}): stop that one, or set PUTLOG_DATA_DIR to another directory.`,
  );
}
