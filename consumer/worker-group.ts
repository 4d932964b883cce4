// Membership of a worker in its consumer group: a runner for each partition that is assigned, kept over rebalances as
// long as the partition stays; checkpoints every second. kafkajs's poll loop only hands records over.
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { createGroupConsumer } from '../platform/group-consumer.ts';
import type { Logger } from '../platform/log.ts';
import { createPartitionRunner, type PartitionRunner, type RunnerTools } from './partition-runner.ts';
import { gather } from './take-over.ts';

export type WorkerGroupOptions = {
  kafka: Kafka;
  topics: string[];
  sessionTimeoutMs: number;
  tools: RunnerTools;
  log: Logger;
  /** The process cannot go on: it must end, and another take its partitions over. */
  fatal: (error: unknown) => void;
};

export type WorkerGroup = Awaited<ReturnType<typeof joinWorkerGroup>>;

const checkpointEvery = 1_000;
const sweepEvery = 50;

export async function joinWorkerGroup(options: WorkerGroupOptions) {
  const { kafka, topics, tools, log, fatal, sessionTimeoutMs } = options;
  const runners = new Map<string, PartitionRunner>();
  const stopping = new Set<Promise<void>>();
  let committed = new Map<string, string>();
  let closed = false;
  const ready = Promise.withResolvers<void>();
  const consumer = createGroupConsumer({
    ...{ kafka, log, fatal, group: tools.group, cluster: tools.cluster, sessionTimeoutMs },
    closed: () => closed,
  });

  const nameOf = (topic: string, partition: number) => `${topic}/${partition}`;

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
            'fenced out of a partition that is still ours; taking it over anew',
          );
          remove(runner);
          add(topic, partition);
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

  // kafkajs calls listeners at once, before it fetches for the new assignment.
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    const names = new Set(assigned.map(({ topic, partition }) => nameOf(topic, partition)));
    for (const [name, runner] of runners) if (!names.has(name)) remove(runner);
    const starting: Promise<void>[] = [];
    for (const { topic, partition } of assigned) {
      const runner = runners.get(nameOf(topic, partition));
      if (runner === undefined) starting.push(add(topic, partition));
      else consumer.seek({ topic, partition, offset: String(runner.received) });
    }
    committed = new Map();
    log.info({ partitions: assigned.length }, 'joined the group');
    Promise.all(starting).then(() => ready.resolve(), fatal);
  });

  async function commit() {
    const due = [...runners.values()]
      .flatMap((runner) => runner.checkpoint() ?? [])
      .filter(
        ({ topic, partition, offset, metadata }) => committed.get(nameOf(topic, partition)) !== `${offset} ${metadata}`,
      );
    if (due.length === 0) return;
    await consumer.commitOffsets(due);
    for (const { topic, partition, offset, metadata } of due)
      committed.set(nameOf(topic, partition), `${offset} ${metadata}`);
  }

  let committing: Promise<void> | undefined;
  const commitTimer = setInterval(() => {
    committing ??= commit()
      .catch((error: unknown) => log.debug({ err: error }, 'a checkpoint could not be committed; the next one will do'))
      .finally(() => {
        committing = undefined;
      });
  }, checkpointEvery);
  const sweepTimer = setInterval(() => {
    const now = performance.now();
    for (const runner of runners.values()) runner.sweep(now);
  }, sweepEvery);

  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    // Many at once: the wait below must not be paid once a partition.
    partitionsConsumedConcurrently: 32,
    eachBatch: async ({ batch, isStale }) => {
      if (isStale()) return;
      const messages: KafkaMessage[] = batch.messages;
      runners.get(nameOf(batch.topic, batch.partition))?.take(messages);
      // While much runs the next fetch waits a little, so that it brings more.
      if (tools.load.active >= gather.from) await delay(gather.ms);
    },
  });

  return {
    /** Resolves once the partitions of the first assignment have been taken over. */
    ready: ready.promise,
    /** Something may start again. */
    go: () => {
      for (const runner of runners.values()) runner.go();
    },
    /** Drains, commits and leaves, at most about `deadline` milliseconds. */
    async stop(deadline: number): Promise<void> {
      closed = true;
      clearInterval(commitTimer);
      await Promise.all([...runners.values()].map((runner) => runner.drain(deadline)));
      clearInterval(sweepTimer);
      await committing;
      await commit().catch((error: unknown) => log.warn({ err: error }, 'the last checkpoint could not be committed'));
      for (const runner of runners.values()) remove(runner);
      await Promise.all([...stopping]);
      await Promise.race([consumer.disconnect(), new Promise((resolve) => setTimeout(resolve, 3_000).unref())]);
    },
  };
}
