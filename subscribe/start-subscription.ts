// A subscription at work: the parts of it put together, its partitions begun and ended as the group says, and one way to its end, whether
// it was asked for or something could not go on. `subscribe` starts it.
import { setTimeout as delay } from 'node:timers/promises';
import { createCluster, type KafkaCluster } from '../platform/cluster.ts';
import { createKafka } from '../platform/kafka.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { createSchemaById } from '../platform/schema-by-id.ts';
import { createDecoder } from '../platform/wire-format.ts';
import { eventType, type JobEvent } from '../schemas/event.ts';
import { subscriberNames, topicNames } from '../schemas/topics.ts';
import { createCommitter } from './committer.ts';
import { createFeeds } from './feeds.ts';
import { createFirstOffset } from './first-offset.ts';
import { createGate, type Gate } from './gate.ts';
import { joinGroup, type Membership } from './join-group.ts';
import { type Lag, lagOf } from './lag.ts';
import type { OpenPlace } from './place.ts';
import { type PartitionRun, runPartition } from './run-partition.ts';
import type { Settings } from './subscribe-options.ts';
import { createTakeRecord, type TakeRecord } from './take-records.ts';

/** What either kind of place is made of. */
export type PlaceParts = {
  /** The consumer group. */
  group: string;
  topic: string;
  cluster: KafkaCluster;
  commit: Membership['commit'];
  firstOffset: (partition: number) => Promise<number>;
  take: TakeRecord;
  gate: Gate;
  givenUp: () => boolean;
  log: Logger;
};

type Start = {
  settings: Settings;
  log: Logger;
  /** Called once the topic is known to be there. */
  preparePlaces: (parts: PlaceParts) => Promise<{ open: OpenPlace; close: (deadline: number) => Promise<void> }>;
};

/** No schema of ours is registered by who only reads: each that is met is asked for. */
const noSchemaId = -1;
/** How long a stop may take where nothing else is told (milliseconds). */
const stopWithin = 30_000;
/** Rounds of heartbeats after which the group has noticed who is gone. */
const sessionsToNotice = 2;

export function startSubscription({ settings, log, preparePlaces }: Start) {
  const { brokers, prefix, interest, security } = settings;
  const topic = topicNames(prefix).events;
  const { group } = subscriberNames(prefix, settings.group);
  const connection = { brokers, clientId: `putlog-subscriber-${process.pid}`, security, log };
  const cluster = createCluster(connection);
  const feeding = { cluster: createCluster({ ...connection, clientId: `${connection.clientId}-fetch` }), topic, log };
  const runs = new Map<number, PartitionRun>();
  /** What has been told to stop, and has not ended. */
  const ending = new Map<number, Promise<void>>();
  const ready = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let failure: { error: unknown } | undefined;
  let stopping: Promise<void> | undefined;

  function fatal(error: unknown): void {
    if (failure !== undefined || stopping !== undefined) return;
    failure = { error };
    log.error({ err: error }, 'the subscription ends');
    stop(stopWithin).catch((cause: unknown) => log.error({ err: cause }, 'it did not end in good order'));
  }

  const feeds = createFeeds({ ...feeding, fatal });
  const gate = createGate(settings.concurrency);
  const done = () =>
    new Map(
      [...runs].flatMap(([partition, run]) => {
        const next = run.done();
        return next === undefined ? [] : [[partition, next] as const];
      }),
    );
  const membership = joinGroup({
    ...{ kafka: createKafka({ ...connection, patient: true }), cluster, group, topic, log, fatal },
    ...{ sessionTimeoutMs: settings.sessionTimeoutMs, assigned, leaving: () => void committer.now() },
  });
  const committer = createCommitter({ done, commit: membership.commit, everyMs: settings.commitEveryMs, log });
  const places = Promise.withResolvers<Awaited<ReturnType<Start['preparePlaces']>>>();
  const open: OpenPlace = async (partition, signal) => (await places.promise).open(partition, signal);

  function end(run: PartitionRun): void {
    runs.delete(run.partition);
    const ended = run.stop();
    ending.set(run.partition, ended);
  }

  function assigned(partitions: number[], kept: boolean): void {
    if (stopping !== undefined) return;
    for (const run of [...runs.values()]) if (!kept || !partitions.includes(run.partition)) end(run);
    committer.forget();
    for (const partition of partitions) {
      if (runs.has(partition)) continue;
      const after = ending.get(partition) ?? Promise.resolve();
      const lostForMs = sessionsToNotice * settings.sessionTimeoutMs;
      runs.set(partition, runPartition({ partition, open, feeds, after, lostForMs, log, fatal }));
    }
    log.info({ group, partitions }, 'joined the group');
    Promise.all([...runs.values()].map((run) => run.opened)).then(() => ready.resolve());
  }

  async function begin(): Promise<void> {
    const givenUp = () => stopping !== undefined;
    await persist(() => cluster.watch([topic]), { log, what: `find ${topic}`, givenUp });
    const readEvent = createDecoder<JobEvent>(eventType, noSchemaId, createSchemaById(settings.registry));
    const parts = {
      ...{ group, topic, cluster, commit: membership.commit, gate, givenUp, log },
      firstOffset: createFirstOffset(cluster, topic, settings.start),
      take: createTakeRecord({ topic, interest, readEvent, log }),
    };
    places.resolve(await preparePlaces(parts));
    if (!givenUp()) await membership.join();
  }
  const begun = begin().catch((error: unknown) => {
    // Nobody waits for places that will never be.
    places.resolve({ open: () => Promise.reject(error), close: async () => undefined });
    if (stopping === undefined) fatal(error);
  });

  async function stopNow(within: number): Promise<void> {
    const deadline = performance.now() + within;
    const left = () => Math.max(0, deadline - performance.now());
    const until = (what: Promise<unknown>) => Promise.race([what, delay(left(), undefined, { ref: false })]);
    committer.close();
    for (const run of [...runs.values()]) run.stop();
    await until(Promise.all([...runs.values()].map((run) => run.ended)));
    await until(Promise.all(ending.values()));
    await until(committer.now());
    await membership.leave(left());
    await until(begun);
    await until(feeds.close());
    await until(places.promise.then(({ close }) => close(left())));
    await cluster.close();
  }

  function stop(within = stopWithin): Promise<void> {
    stopping ??= stopNow(within).finally(() => {
      ready.resolve();
      if (failure === undefined) closed.resolve();
      else closed.reject(failure.error);
    });
    return stopping;
  }

  return {
    ready: ready.promise,
    closed: closed.promise,
    pause: gate.pause,
    resume: gate.resume,
    stop,
    async lag(): Promise<Lag> {
      const mine = done();
      // Before it is anywhere the topic need not be known.
      if (mine.size === 0) return lagOf(mine, []);
      return lagOf(mine, (await cluster.offsets([topic], 'latest')).get(topic) ?? []);
    },
  };
}
