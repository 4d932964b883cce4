// Connects what `putlog replay` works with, from the environment or from a `putlog start` that runs here, and ends it all afterwards. MongoDB
// is connected to when a function asks for a blob, or personal fields have to be opened, and not before.
import { createHandlerRunner } from '../consumer/handler-runner.ts';
import { createBlobStore } from '../platform/blob-store.ts';
import { readConfig } from '../platform/config.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { createLogger } from '../platform/log.ts';
import { createMongo } from '../platform/mongo.ts';
import { openPersonalData } from '../platform/personal-data.ts';
import { openHistoryLog } from '../projections/history-log.ts';
import type { ReplayTools } from '../replay/replay.ts';
import { runningHere } from './running-here.ts';

/** @throws ConfigError, Error where Kafka does not answer, or what `work` throws */
export async function withReplayTools<T>(
  env: NodeJS.ProcessEnv,
  job: LoadedJob,
  work: (tools: Pick<ReplayTools, 'history' | 'handlers' | 'personal' | 'log'>) => Promise<T>,
): Promise<T> {
  const config = readConfig({ ...(await runningHere(env)), ...env });
  const log = createLogger('replay', config.logLevel === 'info' ? 'warn' : config.logLevel, 2);
  const mongo = createMongo(config.mongoUri);
  const sealing = openPersonalData({ jobs: new Map([[job.definition.type, job]]), config, db: mongo.db });
  const history = await openHistoryLog(config, log);
  const handlers = createHandlerRunner({
    ...{ dryRun: true, blobs: createBlobStore(mongo.db), threads: config.threads, mongoUri: config.mongoUri },
    outbound: { allowPrivate: config.allowPrivateAddresses === 'yes' },
    resultLimitBytes: config.maxPayloadBytes,
    onStray: (error) => log.error({ err: error }, 'a worker thread threw outside of any job'),
  });
  try {
    return await work({ history, handlers, personal: sealing?.data, log });
  } finally {
    await Promise.all([handlers.close(), history.close(), mongo.close()]);
  }
}
