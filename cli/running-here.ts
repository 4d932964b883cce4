// Where the stack of a `putlog start` is that runs in the data directory here: for commands that speak to it without being told.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from './start-run-file.ts';

/** As environment variables; none where nothing runs here. @throws Error where run.json is there and is broken */
export async function runningHere(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const file = join(env.PUTLOG_DATA_DIR || '.putlog', 'run.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  const { kafka, registry, mongodb } = JSON.parse(text) as Run;
  return { KAFKA_BROKERS: kafka, SCHEMA_REGISTRY_URL: registry, MONGODB_URI: mongodb };
}
