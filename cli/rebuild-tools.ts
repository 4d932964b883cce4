// Connects what `putlog rebuild` and `putlog verify` work with, from the environment or from a `putlog start` that runs here, and ends it
// all afterwards. What is not there is said at once, by the name of its variable.
import { readConfig } from '../platform/config.ts';
import { loadConfiguredJobs } from '../platform/load-jobs.ts';
import { createLogger } from '../platform/log.ts';
import { createMongo } from '../platform/mongo.ts';
import type { BuildProgress, BuildTools } from '../projections/build-tools.ts';
import { openHistoryLog } from '../projections/history-log.ts';
import { retentionIn } from '../projections/retention.ts';
import { SilenceError } from './exit-code.ts';
import { runningHere } from './running-here.ts';

/** Indexes of a large collection take their time (milliseconds). */
const patience = 3_600_000;

/** @throws SilenceError that says what is not there, or what `work` throws */
export async function withBuildTools<T>(
  env: NodeJS.ProcessEnv,
  tell: (progress: BuildProgress) => void,
  work: (tools: BuildTools) => Promise<T>,
): Promise<T> {
  const config = readConfig({ ...(await runningHere(env)), ...env });
  const log = createLogger('rebuild', config.logLevel === 'info' ? 'warn' : config.logLevel, 2);
  const jobs = await loadConfiguredJobs(config.jobs);
  const mongo = createMongo(config.mongoUri, { socketTimeoutMs: patience });
  try {
    await mongo.ping().catch((cause: unknown) => {
      throw new SilenceError(`MongoDB does not answer at ${new URL(config.mongoUri).host} (MONGODB_URI)`, { cause });
    });
    const history = await openHistoryLog(config, log);
    try {
      return await work({ db: mongo.db, history, log, tell, retentionOf: retentionIn(jobs, config) });
    } finally {
      await history.close();
    }
  } finally {
    await mongo.close();
  }
}
