// The projector process: `putlog projector`. Folds the log into the read model, and stops with nothing half written.
import { createBlobGarbage } from '../platform/blob-garbage.ts';
import { prepareBlobStore } from '../platform/blob-store.ts';
import { check } from '../platform/check.ts';
import { createCluster } from '../platform/cluster.ts';
import { followReadModel } from '../platform/follow-read-model.ts';
import { serveHealth } from '../platform/health-server.ts';
import { createKafka } from '../platform/kafka.ts';
import { kafkaSecurity } from '../platform/kafka-security.ts';
import { loadConfiguredJobs } from '../platform/load-jobs.ts';
import { loadProjections } from '../platform/load-projections.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createMongo } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import { prepareLog } from '../platform/prepare-log.ts';
import { openReadModel, readCheckpoints } from '../platform/read-model.ts';
import type { StartService } from '../platform/service.ts';
import { startWatchdog } from '../platform/watchdog.ts';
import { groupNames } from '../schemas/topics.ts';
import { createFeeds } from './feeds.ts';
import { createFlusher } from './flusher.ts';
import { createFold } from './fold.ts';
import { joinProjectorGroup } from './projector-group.ts';
import { retentionIn } from './retention.ts';
import { retireSnapshots } from './retire-snapshots.ts';
import { retireVersions } from './retire-versions.ts';
import { runProjection } from './run-projection.ts';
import { statisticsProjection } from './statistics.ts';

/** Bytes of replaced and deleted blobs go when their last readers have (milliseconds). */
const sweepBlobsEvery = 300_000;

export const startProjector: StartService = async (config, log, fatal) => {
  const jobs = await loadConfiguredJobs(config.jobs);
  const statistics = statisticsProjection(config.statisticsMinutesMs);
  const definitions = [statistics, ...(await loadProjections(config.projections, [statistics.name]))];
  const connection = {
    ...{ brokers: config.kafkaBrokers, clientId: `putlog-projector-${process.pid}`, log },
    security: kafkaSecurity(config),
  };
  const kafka = createKafka(connection);
  const cluster = createCluster(connection);
  const mongo = createMongo(config.mongoUri);
  const [prepared] = await Promise.all([
    prepareLog({ config, kafka, jobs, log }),
    persist(() => openReadModel(mongo.db), { log, what: 'open the read model' }),
    persist(() => prepareBlobStore(mongo.db), { log, what: 'prepare the blob store' }),
  ]);
  const garbage = createBlobGarbage(mongo.db);
  const sweeper = setInterval(() => {
    garbage.sweep().catch((error: unknown) => log.warn({ err: error }, 'blobs that nobody needs could not be swept'));
  }, sweepBlobsEvery);
  const followed = followReadModel({ db: mongo.db, log, changed: (alias) => feeds.changed(alias) });
  const feeds = createFeeds(followed);
  const snapshots = () => retireSnapshots({ db: mongo.db, versions: followed.versions, log });
  const retired = retireVersions({ db: mongo.db, log, snapshots });
  const metrics = createMetrics('projector');
  const { targets } = feeds;
  const flusher = createFlusher({ targets, log, flushed: (size, took) => metrics.flushed(size, took / 1_000) });
  const topics = [...prepared.commandTopics, prepared.eventsTopic];
  await persist(() => cluster.watch(topics), { log, what: 'learn the leaders of the topics' });
  const patient = createKafka({ ...connection, patient: true });
  const group = await joinProjectorGroup({
    ...{ kafka: patient, cluster, log, fatal, flusher },
    checkpoints: (assigned) => feeds.checkpoints(assigned.map(({ topic }) => topic)),
    group: groupNames(config.prefix).projectors,
    topics,
    sessionTimeoutMs: config.sessionTimeoutMs,
    fold: createFold(prepared, flusher.pending.addDead, retentionIn(jobs, config)),
  });
  feeds.onLack(group.againIfBegun);
  const { prefix, sessionTimeoutMs } = config;
  const tools = { kafka: patient, cluster, db: mongo.db, prepared, prefix, sessionTimeoutMs, log, fatal };
  const projections = await Promise.all(definitions.map((definition) => runProjection(definition, tools)));
  await Promise.all([group.ready, ...projections.map(({ ready }) => ready)]);
  const watchdog = startWatchdog({
    ...{ log, stuck: fatal },
    async look() {
      const { current } = await followed.versions();
      const [written, ends] = await Promise.all([readCheckpoints(current, topics), cluster.offsets(topics, 'latest')]);
      const status = [...ends].flatMap(([topic, partitions]) =>
        partitions.map((end, partition) => ({
          ...{ name: `${topic}/${partition}`, end, at: written.get(topic)?.[partition] ?? 0 },
          busy: !group.reads(topic, partition),
        })),
      );
      return [...status, ...projections.flatMap(({ progress }) => progress(ends))];
    },
  });
  const faults = () => projections.flatMap(({ name, fault }) => (fault() === undefined ? [] : [`${name}: ${fault()}`]));
  const ready = async () => ({ mongodb: await check(mongo.ping), projections: faults().join('; ') || 'ok' });
  const health = await serveHealth(config, { ready, metrics });
  return {
    async stop(deadline) {
      clearInterval(sweeper);
      watchdog.close();
      await retired.close();
      await Promise.all([group, ...projections].map(({ stop }) => stop(deadline)));
      followed.close();
      await health.close();
      await Promise.all([cluster.close(), mongo.close()]);
    },
  };
};
