// Membership of a projector in its consumer group: every partition of commands and events is read from the read model's
// own checkpoint (of several versions from the least), folded, and flushed. The group's committed offsets are written only for tools that show lag.
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, KafkaMessage } from 'kafkajs';
import type { KafkaCluster } from '../platform/cluster.ts';
import { commit, createGroupConsumer } from '../platform/group-consumer.ts';
import type { Logger } from '../platform/log.ts';
import { watchLogStart } from '../platform/log-start.ts';
import { persist } from '../platform/persist.ts';
import { type ReadModel, readCheckpoints } from '../platform/read-model.ts';
import { unreadableOffsets, whyUnreadable } from '../platform/record-batch.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { tellDeletedRecords } from './deleted-records.ts';
import type { Feeds } from './feeds.ts';
import type { Flusher } from './flusher.ts';

/** A record as a document; undefined: it tells nothing of a job. @throws UndecodableError */
export type Fold = (
  topic: string,
  partition: number,
  message: Pick<KafkaMessage, 'offset' | 'timestamp' | 'value' | 'headers'>,
) => JobDocument | undefined | Promise<JobDocument | undefined>;

export type ProjectorGroupOptions = {
  kafka: Kafka;
  cluster: Pick<KafkaCluster, 'leaveGroup' | 'offsets'>;
  group: string;
  topics: string[];
  sessionTimeoutMs: number;
  feeds: Pick<Feeds, 'join' | 'onLack'>;
  flusher: Flusher;
  fold: Fold;
  log: Logger;
  fatal: (error: unknown) => void;
};

/** Documents pending above which fetching pauses until MongoDB has caught up. */
const highWater = 10_000;
/** After a large flush (documents) the next fetch waits a little (milliseconds), so that it brings more. */
const gather = { from: 8, ms: 30 };

export async function joinProjectorGroup(options: ProjectorGroupOptions) {
  const { kafka, cluster, group, topics, feeds, flusher, fold, log, fatal } = options;
  /** Partitions that may be folded, because their checkpoint is known, and what comes next. New when the group changes. */
  let open = new Map<string, number>();
  let assignment = 0;
  let assigned: { topic: string; partitions: number[] }[] = [];
  let throttled = false;
  /** Partitions in which a record waits for the registry, once for each. */
  const learning: string[] = [];
  let closed = false;
  const ready = Promise.withResolvers<void>();
  const consumer = createGroupConsumer({
    ...{ kafka, log, fatal, group, cluster, sessionTimeoutMs: options.sessionTimeoutMs },
    closed: () => closed,
  });
  const nameOf = (topic: string, partition: number) => `${topic}/${partition}`;

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned = Object.entries(payload.memberAssignment).map(([topic, partitions]) => ({ topic, partitions }));
    beginAgain();
  });

  /** Whatever is on its way meanwhile is dropped, and read again from a checkpoint. */
  function beginAgain() {
    const term = ++assignment;
    open = new Map();
    consumer.pause(assigned);
    begin(term).catch((error) => term !== assignment || closed || fatal(error));
  }

  // Whoever is beginning just now may miss it: then the next flush finds it.
  feeds.onLack(() => {
    if (open.size > 0 && !closed) beginAgain();
  });

  /** What is pending goes in first, so that the checkpoint is the truth; then every partition begins at it. */
  async function begin(term: number) {
    await flusher.settled();
    const of = assigned.map(({ topic }) => topic);
    const givenUp = () => term !== assignment || closed;
    const next = await persist(async () => leastOf(await feeds.join(), of), {
      ...{ log, what: 'read the checkpoint', givenUp },
    });
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
    log.info({ partitions: open.size }, 'reads from the checkpoints on');
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
      if (from === undefined || logStart <= from || learning.includes(nameOf(topic, partition))) return;
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

  /** At once for what is known here, without a promise; a record that can never be read tells nothing. */
  function folded(topic: string, partition: number, message: KafkaMessage) {
    const reason = whyUnreadable(message);
    if (reason !== undefined) {
      const place = { topic, partition, ...unreadableOffsets(message) };
      log.error(
        { ...place, reason },
        'a batch cannot be opened: it is passed over, and a worker records commands as dead',
      );
      return undefined;
    }
    const unreadable = (error: unknown): undefined => {
      if (!(error instanceof UndecodableError)) throw error;
      const reason = error.message;
      log.error({ reason, topic, partition, offset: message.offset }, 'a record cannot be projected');
      return undefined;
    };
    try {
      const document = fold(topic, partition, message);
      if (!(document instanceof Promise)) return document;
      // A schema that is new here: while the registry is away this waits.
      const final = (error: unknown) => error instanceof UndecodableError;
      let first: typeof document | undefined = document;
      const attempt = () => {
        const current = first ?? fold(topic, partition, message);
        first = undefined;
        return current;
      };
      learning.push(nameOf(topic, partition));
      return persist(attempt, { log, what: 'look a schema up', final, givenUp: () => closed })
        .catch(unreadable)
        .finally(() => void learning.splice(learning.indexOf(nameOf(topic, partition)), 1));
    } catch (error) {
      return unreadable(error);
    }
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
    /** Resolves once the first assignment is being read from its checkpoint. */
    ready: ready.promise,
    /** Is this partition read here, and is anything but MongoDB waited for? */
    reads: (topic: string, partition: number) => open.has(nameOf(topic, partition)) && learning.length === 0,
    async stop(deadline: number): Promise<void> {
      closed = true;
      clearInterval(commitTimer);
      logStarts.close();
      await Promise.race([consumer.disconnect(), delay(deadline / 2, undefined, { ref: false })]);
      await Promise.race([flusher.settled(), delay(deadline / 2, undefined, { ref: false })]);
    },
  };
}

/** Topic → partition → the first offset that one of them lacks; left out where none of them has anything. */
async function leastOf(models: readonly ReadModel[], topics: string[]): Promise<Map<string, Record<string, number>>> {
  const all = await Promise.all(models.map((model) => readCheckpoints(model, topics)));
  const least = (topic: string): Record<string, number> => {
    const partitions = new Set(all.flatMap((of) => Object.keys(of.get(topic) ?? {})));
    return Object.fromEntries(
      [...partitions].map((partition) => [partition, Math.min(...all.map((of) => of.get(topic)?.[partition] ?? 0))]),
    );
  };
  return new Map(topics.map((topic) => [topic, least(topic)]));
}
