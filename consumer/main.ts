// The worker process: `putlog worker`. Connects, joins the group, and stops in order.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createBlobStore } from '../platform/blob-store.ts';
import { check } from '../platform/check.ts';
import { createCluster } from '../platform/cluster.ts';
import type { Config } from '../platform/config.ts';
import { deliverySettings } from '../platform/delivery-settings.ts';
import { findJobs } from '../platform/find-jobs.ts';
import { followReadModel } from '../platform/follow-read-model.ts';
import { serveHealth } from '../platform/health-server.ts';
import { createKafka } from '../platform/kafka.ts';
import { kafkaSecurity } from '../platform/kafka-security.ts';
import { type LoadedJob, loadConfiguredJobs } from '../platform/load-jobs.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { MasterKeyError } from '../platform/master-keys.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createMongo } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import { openPersonalData } from '../platform/personal-data.ts';
import { prepareLog } from '../platform/prepare-log.ts';
import { openReadModel } from '../platform/read-model.ts';
import { createScheduleStates } from '../platform/schedule-states.ts';
import type { Running, StartService } from '../platform/service.ts';
import { followSettings } from '../platform/settings.ts';
import { startWatchdog } from '../platform/watchdog.ts';
import { encodeWire } from '../platform/wire-format.ts';
import { commandType } from '../schemas/command.ts';
import type { BuildSnapshot } from '../schemas/snapshot.ts';
import { groupNames, topicNames } from '../schemas/topics.ts';
import { createAdmission } from './admission.ts';
import { createCall } from './call-job.ts';
import { createCancels } from './cancels.ts';
import { createClaims, prepareClaims } from './claims.ts';
import { createDecided } from './decided.ts';
import { createEventRecords } from './event-records.ts';
import { fireSchedules } from './fire-schedules.ts';
import { fireTimers } from './fire-timers.ts';
import { createFollow } from './follow.ts';
import { followCancels } from './follow-cancels.ts';
import { createGate } from './gate.ts';
import { createGroups, prepareGroups } from './groups.ts';
import { createHandlerRunner } from './handler-runner.ts';
import { createQueueSlots } from './lane-slots.ts';
import { createLimitLeases } from './limit-leases.ts';
import { createEventEnds } from './marks.ts';
import { createOpenPersonal } from './open-personal.ts';
import { createPauses } from './pauses.ts';
import { placeText } from './put-off-run.ts';
import { createReadAhead } from './read-ahead.ts';
import { createSealFollowing } from './seal-following.ts';
import { createTimers, prepareTimers } from './timers.ts';
import { joinWorkerGroup, type WorkerGroup } from './worker-group.ts';

const outOfTouch = {
  stopped: 'this process did not run for longer than its session',
  silent: 'the group has not answered for longer than a session',
};

/** Makes what builds snapshots: a fold of the log, which no worker makes itself. `close` ends those that are being built. */
export type OpenSnapshots = (
  config: Config,
  jobs: ReadonlyMap<string, LoadedJob>,
) => { build: BuildSnapshot; close: () => Promise<void> };

type Start = Parameters<StartService>;

export async function startWorker(openSnapshots: OpenSnapshots, ...[config, log, fatal]: Start): Promise<Running> {
  const worker = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const connection = {
    ...{ brokers: config.kafkaBrokers, clientId: `putlog-worker-${process.pid}`, log },
    security: kafkaSecurity(config),
  };
  const jobs = await loadConfiguredJobs(config.jobs);
  const mongo = createMongo(config.mongoUri);
  const sealing = openPersonalData({ jobs, config, db: mongo.db });
  const kafka = createKafka(connection);
  const prepared = await prepareLog({ config, kafka, jobs, log });
  const cluster = createCluster(connection);
  const { cancelsTopic, cancelSchemaId, commandSchemaId, partitions } = prepared;
  const watched = [...prepared.commandTopics, prepared.eventsTopic, cancelsTopic];
  await persist(() => cluster.watch(watched), { log, what: 'learn the leaders of the topics' });
  await persist(() => prepareClaims(mongo.db, config.dedupMs), { log, what: 'make sure of the claims index' });
  await persist(() => prepareTimers(mongo.db), { log, what: 'make sure of the timers index' });
  await persist(async () => sealing?.prepare(), {
    ...{ log, what: 'make sure of the keys of personal fields' },
    final: (error) => error instanceof MasterKeyError,
  });
  const states = createScheduleStates(mongo.db);
  await persist(() => states.begun(), { log, what: 'learn since when the states of schedules are kept' });
  await persist(() => openReadModel(mongo.db), { log, what: 'open the read model' });
  const { versions, close: closeVersions } = followReadModel({ db: mongo.db, log });
  await persist(() => prepareGroups(mongo.db), { log, what: 'make sure of the indexes of groups' });

  const snapshots = openSnapshots(config, jobs);
  const handlers = createHandlerRunner({
    buildSnapshot: snapshots.build,
    blobs: createBlobStore(mongo.db),
    threads: config.threads,
    mongoUri: config.mongoUri,
    outbound: { allowPrivate: config.allowPrivateAddresses === 'yes' },
    resultLimitBytes: config.maxPayloadBytes,
    delivery: deliverySettings(config),
    onStray: (error) => log.error({ err: error }, 'a worker thread threw outside of any job'),
  });
  const metrics = createMetrics('worker');
  const claims = createClaims({ db: mongo.db, log, fatal });
  const cancels = createCancels(config.dedupMs / 2);
  const timers = createTimers({ db: mongo.db, cancels, log, fatal });
  let group: WorkerGroup | undefined;
  let firing: ReturnType<typeof fireTimers> | undefined;
  const following = await followCancels({
    ...{ connection, cancels, log, fatal, topic: prepared.cancelsTopic, readCancel: prepared.readCancel },
    told(cancelled) {
      group?.cancel(cancels.has);
      firing?.hasten([cancelled]).catch(fatal);
    },
  });
  const pauses = createPauses({
    sessionMs: config.sessionTimeoutMs,
    told: (pause) => {
      log.warn(pause, `${outOfTouch[pause.kind]}: nothing is written until the group has said what is still ours`);
      group?.hold();
    },
  });
  const settings = await followSettings({
    ...{ connection, log, fatal, topic: prepared.settingsTopic, readSetting: prepared.readSetting },
  });
  const names = topicNames(config.prefix);
  const decided = createDecided({ settings, jobs, log, topicsOf: names.commandsOf });
  const leases = createLimitLeases({ db: mongo.db, owner: worker, log, come: () => admission.sweep() });
  const admission = createAdmission({
    ...decided,
    ...{ leases, partitions: prepared.partitions, isCancelled: cancels.has },
    owned(type) {
      const topic = names.commands(jobs.get(type)?.definition.queue ?? '');
      return [...(group?.runners() ?? [])].filter((runner) => runner.topic === topic).map(({ partition }) => partition);
    },
  });
  settings.onChange(admission.sweep);
  const gate = createGate(() => group?.go());
  const writer = await persist(() => openLogWriter({ cluster, log, onFailure: fatal }), {
    log,
    what: 'get a producer id',
  });
  const { maxPayloadBytes, dedupMs } = config;
  const source = `/putlog/workers/${worker}`;
  const groups = createGroups({ db: mongo.db, log, fatal, maxPayloadBytes, keepMs: dedupMs });
  const after = createFollow({
    isKnown: async (name) => (await findJobs(await versions(), [name])).size > 0,
    ...{ ...prepared, writer, groups, dedupMs, log, source },
    seal: createSealFollowing({ jobs, log, data: sealing?.data }),
    topicOf(type) {
      const queue = jobs.get(type)?.definition.queue;
      return queue === undefined ? undefined : names.commands(queue);
    },
  });
  const records = createEventRecords({ topic: prepared.eventsTopic, ...prepared, worker });
  group = await joinWorkerGroup({
    kafka: createKafka({ ...connection, patient: true }),
    ...{ log, fatal },
    topics: prepared.commandTopics,
    tools: {
      ...{ cluster, log, worker, admission, cancels, claims, timers, gate, jobs, records, load: { active: 0 } },
      ...{ group: groupNames(config.prefix).workers, pauses: pauses.look, answered: pauses.answered },
      ...{ sessionTimeoutMs: config.sessionTimeoutMs, renewMs: config.renewIdentityMs },
      slots: createQueueSlots(config.concurrency),
      eventEnds: createEventEnds(),
      ahead: createReadAhead(),
      readCommand: prepared.readCommand,
      writeCommand: (command) => encodeWire(commandType, prepared.commandSchemaId, command),
      readEvent: prepared.readEvent,
      readFence: prepared.readFence,
      call: createCall(handlers),
      openPersonal: createOpenPersonal({ log, data: sealing?.data }),
      follow: after.follow,
      recorded: ({ kind, type, startedAt, at }) =>
        metrics.jobFinished(type, kind, startedAt === null ? 0 : (at - startedAt) / 1_000),
    },
  });
  await group.ready;
  const { runners } = group;
  const places = () => [...runners()].map(placeText);
  firing = fireTimers({ timers, writer, log, fatal, source, places });
  const schedules = fireSchedules({
    ...{ settings, states, jobs, versions, writer, places, partitions, log, fatal },
    // While it started it waited for a session of another to end, perhaps, but not for long.
    startedAt: Math.max(performance.timeOrigin, Date.now() - 60_000),
    topicOf: ({ queue }) => names.commands(queue),
    submits: { partitions, commandSchemaId, source },
    cancels: { topic: cancelsTopic, cancelSchemaId, source },
  });
  firing.hasten(cancels.all()).catch(fatal);
  const watchdog = startWatchdog({
    ...{ log, stuck: fatal },
    async look() {
      const ends = await cluster.offsets(prepared.commandTopics, 'latest');
      return [...runners()].map(({ topic, partition, received, busy }) => {
        return { name: `${topic}/${partition}`, at: received, end: ends.get(topic)?.[partition] ?? 0, busy };
      });
    },
  });
  const ready = async () => ({ kafka: await check(cluster.refresh), mongodb: await check(mongo.ping) });
  const health = await serveHealth(config, { ready, metrics });
  return {
    async stop(deadline) {
      watchdog.close();
      const fired = Promise.all([firing?.close(), schedules.close()]);
      await group.stop(deadline);
      await health.close();
      closeVersions();
      claims.close();
      timers.close();
      groups.close();
      after.close();
      pauses.close();
      await Promise.all([fired, following.close(), settings.close(), leases.close(), snapshots.close()]);
      await writer.close(0);
      await Promise.all([handlers.close(), cluster.close(), mongo.close()]);
    },
  };
}
