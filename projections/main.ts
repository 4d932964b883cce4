// The projector process: `putlog projector`. Folds the log into the read model, and stops with nothing half written.
import { createKafka } from '../platform/kafka.ts';
import { loadJobs } from '../platform/load-jobs.ts';
import { createMongo } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import { prepareLog } from '../platform/prepare-log.ts';
import { openReadModel } from '../platform/read-model.ts';
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
  const [prepared, model] = await Promise.all([
    prepareLog({ config, kafka, jobs, log }),
    persist(() => openReadModel(mongo.db), { log, what: 'open the read model' }),
  ]);
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
};
