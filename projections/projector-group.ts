// Membership of a projector in a consumer group: every partition is read from the checkpoint that stands beside what was made of it, folded,
// and flushed. The group's committed offsets are written only for tools that show lag. Job status has one, and each other projection.
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, KafkaMessage } from 'kafkajs';
import type { KafkaCluster } from '../platform/cluster.ts';
import { commit, createGroupConsumer, type GroupConsumerOptions } from '../platform/group-consumer.ts';
import type { Logger } from '../platform/log.ts';
import { watchLogStart } from '../platform/log-start.ts';
import { persist } from '../platform/persist.ts';
import { tellDeletedRecords } from './deleted-records.ts';
import { createPatientFold, type Fold, nameOf } from './patient-fold.ts';

/** Topics with the partitions of each that this member was given. */
export type Assigned = readonly { topic: string; partitions: number[] }[];

/** Takes what was folded, and keeps it with how far it goes. */
export type Sink<Told> = {
  pending: {
    readonly size: number;
    add: (told: Told) => void;
    /** `next`: the first offset that is not folded yet. */
    reached: (topic: string, partition: number, next: number) => void;
  };
  /** Begins a flush unless one is under way. */
  kick: () => void;
  /** Resolves when nothing is pending. */
  settled: () => Promise<void>;
  /** Documents of the last flush. */
  readonly lastSize: number;
  written: (of: Pick<ReadonlySet<string>, 'has'>) => { topic: string; partition: number; offset: string }[];
};

export type ProjectorGroupOptions<Told> = {
  kafka: Kafka;
  cluster: Pick<KafkaCluster, 'leaveGroup' | 'offsets'>;
  group: string;
  topics: string[];
  sessionTimeoutMs: number;
  /** Topic → partition → where to go on; none: nothing of it was read yet. */
  checkpoints: (assigned: Assigned) => Promise<ReadonlyMap<string, Readonly<Record<string, number>>>>;
  flusher: Sink<Told>;
  fold: Fold<Told>;
  /** Documents pending above which fetching pauses until MongoDB has caught up. */
  highWater?: number;
  fetch?: GroupConsumerOptions['fetch'];
  log: Logger;
  fatal: (error: unknown) => void;
};

/** After a large flush (documents) the next fetch waits a little (milliseconds), so that it brings more. */
const gather = { from: 8, ms: 30 };

export async function joinProjectorGroup<Told>(options: ProjectorGroupOptions<Told>) {
  const { kafka, cluster, group, topics, checkpoints, flusher, fold, log, fatal, highWater = 10_000 } = options;
  /** Partitions that may be folded, because their checkpoint is known, and what comes next. New when the group changes. */
  let open = new Map<string, number>();
  let assignment = 0;
  let assigned: { topic: string; partitions: number[] }[] = [];
  let throttled = false;
  let closed = false;
  const ready = Promise.withResolvers<void>();
  const consumer = createGroupConsumer({
    ...{ kafka, log, fatal, group, cluster, sessionTimeoutMs: options.sessionTimeoutMs, fetch: options.fetch },
    closed: () => closed,
  });
  const { folded, learns, learning } = createPatientFold(fold, { log, givenUp: () => closed });

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned = Object.entries(payload.memberAssignment).map(([topic, partitions]) => ({ topic, partitions }));
    again();
  });

  /** Takes no record of what was fetched so far. */
  function halt() {
    assignment++;
    open = new Map();
    if (!closed) consumer.pause(assigned);
  }

  function again() {
    halt();
    const term = assignment;
    begin(term).catch((error) => term !== assignment || closed || fatal(error));
  }

  /** What is pending goes in first, so that the checkpoint is the truth; then every partition begins at it. */
  async function begin(term: number) {
    await flusher.settled();
    const of = assigned.map(({ topic }) => topic);
    const givenUp = () => term !== assignment || closed;
    const next = await persist(() => checkpoints(assigned), { log, what: 'read the checkpoint', givenUp });
    const starts = await persist(() => cluster.offsets(of, 'earliest'), {
      log,
      what: 'ask where the log begins',
      givenUp,
    });
    if (givenUp()) return;
    for (const { topic, partitions } of assigned)
      for (const partition of partitions) {
        const from = next.get(topic)?.[partition];
        const logStart = starts.get(topic)?.[partition] ?? 0;
        if (logStart > (from ?? 0)) passOver({ topic, partition, from, logStart });
        const at = Math.max(from ?? 0, logStart);
        consumer.seek({ topic, partition, offset: String(at) });
        open.set(nameOf(topic, partition), at);
      }
    throttled = false;
    consumer.resume(assigned);
    flusher.kick();
    log.info({ partitions: open.size }, 'joined the group');
    ready.resolve();
  }

  /** Its checkpoint moves on as well, or a job that is not found would be waited for until the next record. */
  function passOver(gone: Parameters<typeof tellDeletedRecords>[1]) {
    tellDeletedRecords(log, gone);
    flusher.pending.reached(gone.topic, gone.partition, gone.logStart);
  }

  const logStarts = watchLogStart({
    ...{ cluster, topics, log },
    begins(topic, partition, logStart) {
      const from = open.get(nameOf(topic, partition));
      // What waits for the registry has been read, and its turn comes.
      if (from === undefined || logStart <= from || learns(topic, partition)) return;
      passOver({ topic, partition, from, logStart });
      open.set(nameOf(topic, partition), logStart);
      flusher.kick();
    },
  });

  function throttle() {
    if (throttled || flusher.pending.size < highWater) return;
    throttled = true;
    const term = assignment;
    consumer.pause(assigned);
    flusher
      .settled()
      .then(() => {
        if (term !== assignment) return;
        throttled = false;
        consumer.resume(assigned);
      })
      .catch(fatal);
  }

  async function take(topic: string, partition: number, messages: KafkaMessage[], stale: () => boolean) {
    const term = assignment;
    for (const message of messages) {
      const found = folded(topic, partition, message);
      const document = found instanceof Promise ? await found : found;
      // A rebalance or a seek in the meantime: the partition is read again from its checkpoint.
      if (term !== assignment || stale()) return;
      if (document !== undefined) flusher.pending.add(document);
      flusher.pending.reached(topic, partition, Number(message.offset) + 1);
    }
    const last = messages.at(-1);
    if (last !== undefined) open.set(nameOf(topic, partition), Number(last.offset) + 1);
    flusher.kick();
    throttle();
  }

  /** For tools that show lag; the read model's own checkpoint is what counts. */
  let committing: Promise<void> | undefined;
  const commitTimer = setInterval(() => {
    const offsets = flusher.written(open);
    if (offsets.length === 0 || committing !== undefined) return;
    // One at a time: one that is late would take back what is committed meanwhile.
    committing = commit(consumer, offsets)
      .catch((error: unknown) => log.debug({ err: error }, 'offsets could not be committed; the next will do'))
      .finally(() => {
        committing = undefined;
      });
  }, 5_000);

  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 32,
    eachBatch: async ({ batch: { topic, partition, messages }, isStale }) => {
      if (isStale()) return;
      const expected = open.get(nameOf(topic, partition));
      const first = Number(messages[0]?.offset);
      if (expected === undefined) return;
      if (first > expected) {
        await logStarts.missing(topic, partition, expected, first);
        if (isStale() || !open.has(nameOf(topic, partition))) return;
      }
      await take(topic, partition, messages, isStale);
      if (flusher.lastSize >= gather.from) await delay(gather.ms);
    },
  });

  return {
    /** Begins anew at the checkpoints. */
    again,
    /** The same where something is read now; who is just beginning asks for the checkpoints anyway. */
    againIfBegun() {
      if (open.size > 0 && !closed) again();
    },
    /** Takes nothing more until the group changes, or `again` is called. */
    halt,
    /** Resolves once the first assignment is being read from its checkpoint. */
    ready: ready.promise,
    /** Is this partition read here, and is anything but MongoDB waited for? */
    reads: (topic: string, partition: number) => open.has(nameOf(topic, partition)) && !learning(),
    async stop(deadline: number): Promise<void> {
      closed = true;
      clearInterval(commitTimer);
      logStarts.close();
      await Promise.race([consumer.disconnect(), delay(deadline / 2, undefined, { ref: false })]);
      await Promise.race([flusher.settled(), delay(deadline / 2, undefined, { ref: false })]);
    },
  };
}
