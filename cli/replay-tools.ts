// Connects what `putlog replay` works with, from the environment or from a `putlog start` that runs here, and ends it all afterwards. MongoDB
// is connected to when a function asks for a blob, and not before.
import { createHandlerRunner } from '../consumer/handler-runner.ts';
import { createBlobStore } from '../platform/blob-store.ts';
import { readConfig } from '../platform/config.ts';
import { createLogger } from '../platform/log.ts';
import { createMongo } from '../platform/mongo.ts';
import { openHistoryLog } from '../projections/history-log.ts';
import type { ReplayTools } from '../replay/replay.ts';
import { runningHere } from './running-here.ts';

/** @throws ConfigError, Error where Kafka does not answer, or what `work` throws */
export async function withReplayTools<T>(
  env: NodeJS.ProcessEnv,
  work: (tools: Pick<ReplayTools, 'history' | 'handlers' | 'log'>) => Promise<T>,
): Promise<T> {
  const config = readConfig({ ...(await runningHere(env)), ...env });
  const log = createLogger('replay', config.logLevel === 'info' ? 'warn' : config.logLevel, 2);
  const history = await openHistoryLog(config, log);
  const mongo = createMongo(config.mongoUri);
  const handlers = createHandlerRunner({
    ...{ dryRun: true, blobs: createBlobStore(mongo.db), threads: config.threads, mongoUri: config.mongoUri },
    outbound: { allowPrivate: config.allowPrivateAddresses === 'yes' },
    resultLimitBytes: config.maxPayloadBytes,
    onStray: (error) => log.error({ err: error }, 'a worker thread threw outside of any job'),
  });
  try {
    return await work({ history, handlers, log });
  } finally {
    await Promise.all([handlers.close(), history.close(), mongo.close()]);
  }
}
