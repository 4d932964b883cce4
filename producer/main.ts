// The api process: `putlog api`. Connects, listens, and stops only after every request has its answer.
import { setTimeout as delay } from 'node:timers/promises';
import { createBlobStore } from '../platform/blob-store.ts';
import { check } from '../platform/check.ts';
import { createCluster } from '../platform/cluster.ts';
import { isLeft } from '../platform/commands-left.ts';
import { unsetForDeliveries } from '../platform/delivery-settings.ts';
import { followReadModel } from '../platform/follow-read-model.ts';
import { createKafka } from '../platform/kafka.ts';
import { kafkaSecurity } from '../platform/kafka-security.ts';
import { loadConfiguredJobs } from '../platform/load-jobs.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { MasterKeyError } from '../platform/master-keys.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createMongo } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import { openPersonalData } from '../platform/personal-data.ts';
import { prepareLog } from '../platform/prepare-log.ts';
import { openReadModel } from '../platform/read-model.ts';
import { createScheduleStates } from '../platform/schedule-states.ts';
import type { StartService } from '../platform/service.ts';
import { createChangeSetting, followSettings } from '../platform/settings.ts';
import { groupNames, topicNames } from '../schemas/topics.ts';
import { buildApp } from './app.ts';
import { createCancelJob } from './cancel-job.ts';
import { createCatchUp } from './catch-up.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createFollowUpReaders } from './follow-up-query.ts';
import { createGroups } from './groups.ts';
import { createHeardJobs } from './heard-jobs.ts';
import { createListJobs } from './list-jobs.ts';
import { createLookUp } from './look-up.ts';
import { createOldestWaiting } from './oldest-waiting.ts';
import { openAccess } from './open-access.ts';
import { openEvents } from './open-events.ts';
import { createOpenJobs } from './open-jobs.ts';
import { createPersonalCalls } from './personal-calls.ts';
import { watchQueueRoom } from './queue-room.ts';
import { createQueues } from './queues.ts';
import { createReadJob } from './read-job.ts';
import { createRecentSubmissions } from './recent-submissions.ts';
import { createSchedules } from './schedules.ts';
import { createSnapshots } from './snapshots.ts';
import { createStatistics } from './statistics.ts';
import { createSubmit } from './submit.ts';
import { watchTypeLag } from './type-lag.ts';
import { webOptions } from './web-options.ts';

export const startApi: StartService = async (config, log, fatal) => {
  const connection = {
    ...{ brokers: config.kafkaBrokers, clientId: `putlog-api-${process.pid}`, log },
    security: kafkaSecurity(config),
  };
  const jobs = await loadConfiguredJobs(config.jobs);
  const mongo = createMongo(config.mongoUri);
  const sealing = openPersonalData({ jobs, config, db: mongo.db });
  const prepared = await prepareLog({ config, kafka: createKafka(connection), jobs, log });
  const cluster = createCluster(connection);
  const { cancelsTopic, cancelSchemaId } = prepared;
  const watched = [...prepared.commandTopics, prepared.eventsTopic, cancelsTopic, prepared.settingsTopic];
  await persist(() => cluster.watch(watched), { log, what: 'learn the leaders of the topics' });
  await openReadModel(mongo.db).catch((error) => {
    // Accepting needs only Kafka: the first projector makes the read model when MongoDB is there.
    log.warn({ err: error }, 'the read model cannot be opened yet; accepting without it');
  });
  await sealing?.prepare().catch((error) => {
    if (error instanceof MasterKeyError) throw error;
    log.warn(
      { err: error },
      'keys of personal fields cannot be had yet; calls with such fields are refused until then',
    );
  });
  const personal = createPersonalCalls({ data: sealing?.data });
  const { versions, close: closeVersions } = followReadModel({ db: mongo.db, log });

  const metrics = createMetrics('api');
  const writer = await persist(() => openLogWriter({ cluster, log, deadlineMs: config.acceptMs, onFailure: fatal }), {
    log,
    what: 'get a producer id',
  });
  const settings = await followSettings({
    ...{ connection, log, fatal, topic: prepared.settingsTopic, readSetting: prepared.readSetting },
  });
  const changeSetting = createChangeSetting({
    ...{ writer, settings, source: '/putlog/api' },
    ...{ topic: prepared.settingsTopic, settingSchemaId: prepared.settingSchemaId },
  });
  metrics.gauge('append_waiting_records', 'Records that wait for the log', () => writer.waiting.records);
  const web = webOptions(config);
  const { access, close: closeAccess } = openAccess({ config, settings, log, origins: web.corsOrigins ?? [] });
  const topics = topicNames(config.prefix);
  const heard = createHeardJobs();
  const lookUp = createLookUp({ versions, log, heard });
  const recent = createRecentSubmissions();
  const group = groupNames(config.prefix).workers;
  const queues = createQueues({
    ...{ jobs, settings, changeSetting, cluster, group },
    topicsOf: topics.commandsOf,
  });
  const most = config.maxQueueDepth;
  const room = most === undefined ? undefined : watchQueueRoom({ queues, most, log });
  const lag = watchTypeLag({
    ...{ jobs, log, oldestWaiting: createOldestWaiting(versions) },
    isLeft: (command) => isLeft(cluster, group, command),
  });
  const submit = createSubmit({
    ...{ writer, lookUp, recent, personal, assertRoom: room?.assertRoom, assertOnTime: lag?.assertOnTime },
    partitions: prepared.partitions,
    commandSchemaId: prepared.commandSchemaId,
    topicOf: ({ queue }, lane) => topics.commands(queue, lane),
    source: '/putlog/api',
  });
  const readJob = createReadJob({
    ...{ lookUp, recent },
    catchUp: createCatchUp({ cluster, versions, timeoutMs: config.catchUpMs }),
    topicsOf: (type) => {
      const queue = jobs.get(type)?.definition.queue;
      return queue === undefined ? undefined : topics.commandsOf(queue);
    },
  });
  const told = openEvents({ connection, prepared, heard, lookUp, metrics, maxWaitMs: config.maxWaitMs });
  const app = buildApp({
    ...{ access, waiting: told.waiting, events: told.events },
    ...{ jobs, metrics, logger: log, version: '0.1.0' },
    ...{ submit, groups: createGroups({ db: mongo.db, versions, lookUp, recent, submit, personal }) },
    cancelJob: createCancelJob({ writer, topic: cancelsTopic, cancelSchemaId, source: '/putlog/api' }),
    deadLetters: createDeadLetters({ ...prepared, versions, cluster, writer, source: '/putlog/api' }),
    queues,
    schedules: createSchedules({
      ...{ jobs, settings, personal, change: changeSetting, states: createScheduleStates(mongo.db) },
    }),
    readJob,
    snapshots: createSnapshots({ db: mongo.db, readJob }),
    listJobs: createListJobs({ versions, db: mongo.db }),
    followUps: createFollowUpReaders({
      ...{ jobs, allowPrivate: config.allowPrivateAddresses === 'yes' },
      unset: unsetForDeliveries(config),
    }),
    stats: {
      statistics: createStatistics({
        db: mongo.db,
        countOpen: createOpenJobs({ jobs: async () => (await versions()).current.jobs }),
      }),
      minutesMs: config.statisticsMinutesMs,
    },
    blobs: createBlobStore(mongo.db),
    // MongoDB is not asked: without it jobs are still accepted, and that is what a load balancer must know.
    ready: async () => ({ kafka: await check(cluster.refresh) }),
    limits: config,
    web,
  });
  const url = await app.listen({ host: config.host, port: config.port });
  return {
    url,
    async stop(deadline) {
      // Connections that are kept alive would hold the server open: idle ones end, busy ones get their answer first.
      await Promise.race([app.close(), delay(deadline, undefined, { ref: false })]);
      closeAccess();
      closeVersions();
      room?.close();
      lag?.close();
      await writer.close(deadline / 2);
      await Promise.all([told.close(), settings.close(), cluster.close(), mongo.close()]);
    },
  };
};
