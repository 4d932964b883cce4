// The projector process: `putlog projector`. Folds the log into the read model, and stops with nothing half written.
import { setTimeout as delay } from 'node:timers/promises';
import { createKafka } from '../platform/kafka.ts';
import { loadJobs } from '../platform/load-jobs.ts';
import { createMongo } from '../platform/mongo.ts';
import { prepareLog } from '../platform/prepare-log.ts';
import { openReadModel, type ReadModel } from '../platform/read-model.ts';
import type { StartService } from '../platform/service.ts';
import { groupNames } from '../schemas/topics.ts';
import { createFlusher } from './flusher.ts';
import { createFold } from './fold.ts';
import { joinProjectorGroup } from './projector-group.ts';

const builtIn = new URL('../jobs/', import.meta.url).pathname;

export const startProjector: StartService = async (config, log, fatal) => {
  const jobs = await loadJobs(config.jobs ? [builtIn, config.jobs] : [builtIn]);
  const kafka = createKafka({ brokers: config.kafkaBrokers, clientId: `putlog-projector-${process.pid}`, log });
  const mongo = createMongo(config.mongoUri);
  const [prepared, model] = await Promise.all([prepareLog({ config, kafka, jobs, log }), readModel()]);
  const flusher = createFlusher({ model, log, flushed: () => undefined });
  const group = await joinProjectorGroup({
    ...{ kafka, log, fatal, model, flusher },
    group: groupNames(config.prefix).projectors,
    topics: [...prepared.commandTopics, prepared.eventsTopic],
    sessionTimeoutMs: config.sessionTimeoutMs,
    fold: createFold(prepared),
  });
  await group.ready;
  return {
    async stop(deadline) {
      await group.stop(deadline);
      await mongo.close();
    },
  };

  async function readModel(): Promise<ReadModel> {
    for (let failures = 0; ; failures++) {
      try {
        return await openReadModel(mongo.db);
      } catch (error) {
        log.warn({ err: error }, 'MongoDB is not there yet; trying again');
        await delay(Math.min(2_000, 100 * 2 ** failures));
      }
    }
  }
};
