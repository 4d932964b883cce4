// Membership of a worker in its consumer group: a runner for each partition that is assigned, kept over rebalances as
// long as the partition stays; checkpoints every second. kafkajs's poll loop only hands records over.
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { assignedIn, commit, createGroupConsumer } from '../platform/group-consumer.ts';
import type { Logger } from '../platform/log.ts';
import { watchLogStart } from '../platform/log-start.ts';
import type { Command } from '../schemas/command.ts';
import { watchGroupAnswers } from './group-answers.ts';
import { createPartitionRunner, type PartitionRunner, type RunnerTools } from './partition-runner.ts';
import { gather } from './take-over.ts';

export type WorkerGroupOptions = {
  kafka: Kafka;
  topics: string[];
  tools: RunnerTools;
  log: Logger;
  /** The process cannot go on: it must end, and another take its partitions over. */
  fatal: (error: unknown) => void;
};

export type WorkerGroup = Awaited<ReturnType<typeof joinWorkerGroup>>;

const checkpointEvery = 1_000;
/** The first one may have been on its way before the doubt. */
const heartbeatsToBelieve = 2;
const sweepEvery = 50;

export async function joinWorkerGroup(options: WorkerGroupOptions) {
  const { kafka, topics, tools, log, fatal } = options;
  const runners = new Map<string, PartitionRunner>();
  const stopping = new Set<Promise<void>>();
  let assigned: { topic: string; partition: number }[] = [];
  let committed = new Map<string, string>();
  /** Heartbeats that the group has to answer before what was lost is taken over anew. */
  let doubts = 0;
  let closed = false;
  const ready = Promise.withResolvers<void>();
  const consumer = createGroupConsumer({
    ...{ kafka, log, fatal, group: tools.group, cluster: tools.cluster, sessionTimeoutMs: tools.sessionTimeoutMs },
    closed: () => closed,
  });
  watchGroupAnswers(consumer, tools.answered);

  const nameOf = (topic: string, partition: number) => `${topic}/${partition}`;
  const logStart = watchLogStart({
    ...{ cluster: tools.cluster, topics, log },
    begins: (topic, partition, offset) => runners.get(nameOf(topic, partition))?.begins(offset) && hold(),
  });

  /** Perhaps these partitions are another's by now: the group is asked. */
  function hold() {
    for (const runner of runners.values()) runner.hold();
    doubts = heartbeatsToBelieve;
  }

  function add(topic: string, partition: number): Promise<void> {
    const at = [{ topic, partitions: [partition] }];
    const isOurs = () => runners.get(nameOf(topic, partition)) === runner;
    const runner = createPartitionRunner(
      tools,
      { topic, partition },
      {
        pause: () => consumer.pause(at),
        resume: (offset) => {
          if (!isOurs()) return;
          consumer.seek({ topic, partition, offset: String(offset) });
          consumer.resume(at);
        },
        lost: (error) => {
          if (!isOurs()) return;
          log.warn(
            { err: error, topic, partition },
            'fenced out of a partition; asking the group whether it is still ours',
          );
          doubt(runner);
        },
        fatal,
      },
    );
    runners.set(nameOf(topic, partition), runner);
    consumer.pause(at);
    return runner.start();
  }

  function remove(runner: PartitionRunner) {
    runners.delete(nameOf(runner.topic, runner.partition));
    const stopped = runner.stop().catch((error: unknown) => log.warn({ err: error }, 'claims could not be taken back'));
    stopping.add(stopped);
    stopped.finally(() => stopping.delete(stopped));
  }

  /** Perhaps the group gave it to another member, and taking it over at once would only fence that one out. */
  function doubt(runner: PartitionRunner) {
    consumer.pause([{ topic: runner.topic, partitions: [runner.partition] }]);
    remove(runner);
    doubts = heartbeatsToBelieve;
  }

  /** Takes over what the group says is ours and no runner has. */
  function fill(): Promise<unknown> {
    doubts = 0;
    const missing = assigned.filter(({ topic, partition }) => !runners.has(nameOf(topic, partition)));
    return Promise.all(missing.map(({ topic, partition }) => add(topic, partition)));
  }

  // kafkajs calls listeners at once, before it fetches for the new assignment.
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    if (closed) return;
    assigned = assignedIn(payload.memberAssignment);
    const names = new Set(assigned.map(({ topic, partition }) => nameOf(topic, partition)));
    for (const [name, runner] of runners) {
      if (!names.has(name)) {
        remove(runner);
        continue;
      }
      runner.confirm();
      consumer.seek({ topic: runner.topic, partition: runner.partition, offset: String(runner.received) });
    }
    committed = new Map();
    log.info({ partitions: assigned.length }, 'joined the group');
    fill().then(() => ready.resolve(), fatal);
  });
  consumer.on(consumer.events.HEARTBEAT, () => {
    if (closed || doubts === 0 || --doubts > 0) return;
    for (const runner of runners.values()) runner.confirm();
    fill().catch(fatal);
  });

  async function commitDue() {
    const due = [...runners.values()]
      .flatMap((runner) => runner.checkpoint() ?? [])
      .filter(
        ({ topic, partition, offset, metadata }) => committed.get(nameOf(topic, partition)) !== `${offset} ${metadata}`,
      );
    if (due.length === 0) return;
    await commit(consumer, due);
    for (const { topic, partition, offset, metadata } of due)
      committed.set(nameOf(topic, partition), `${offset} ${metadata}`);
  }

  let committing: Promise<void> | undefined;
  const commitTimer = setInterval(() => {
    committing ??= commitDue()
      .catch((error: unknown) => log.debug({ err: error }, 'a checkpoint could not be committed; the next one will do'))
      .finally(() => {
        committing = undefined;
      });
  }, checkpointEvery);
  const sweepTimer = setInterval(() => {
    const now = performance.now();
    for (const runner of runners.values()) runner.sweep(now);
    tools.admission.sweep();
  }, sweepEvery);

  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    // Many at once: the wait below must not be paid once a partition.
    partitionsConsumedConcurrently: 32,
    eachBatch: async ({ batch: { topic, partition, messages }, isStale }) => {
      if (isStale()) return;
      const expected = runners.get(nameOf(topic, partition))?.received;
      const first = Number(messages[0]?.offset);
      if (expected !== undefined && first > expected) {
        await logStart.missing(topic, partition, expected, first);
        if (isStale()) return;
      }
      runners.get(nameOf(topic, partition))?.take(messages);
      // While much runs the next fetch waits a little, so that it brings more.
      if (tools.load.active >= gather.from) await delay(gather.ms);
    },
  });

  return {
    /** Resolves once the partitions of the first assignment have been taken over. */
    ready: ready.promise,
    /** This process was out of touch for longer than a session: its partitions may be another's by now. */
    hold,
    runners: (): Iterable<PartitionRunner> => runners.values(),
    /** Something may start again. */
    go: () => {
      for (const runner of runners.values()) runner.go();
    },
    /** These jobs are to end, wherever in this worker they are. */
    cancel: (is: (command: Command) => boolean) => {
      for (const runner of runners.values()) runner.cancel(is);
    },
    /** Drains, commits and leaves, at most about `deadline` milliseconds. */
    async stop(deadline: number): Promise<void> {
      closed = true;
      clearInterval(commitTimer);
      logStart.close();
      await Promise.all([...runners.values()].map((runner) => runner.drain(deadline)));
      clearInterval(sweepTimer);
      await committing;
      await commitDue().catch((error: unknown) =>
        log.warn({ err: error }, 'the last checkpoint could not be committed'),
      );
      for (const runner of runners.values()) remove(runner);
      await Promise.all([...stopping]);
      await Promise.race([consumer.disconnect(), new Promise((resolve) => setTimeout(resolve, 3_000).unref())]);
    },
  };
}
