// The one place that appends to Kafka. Guarantees: a resolved append is in the log once; a batch whose outcome is unknown
// goes again under its own sequence until it is known; with an identity, nothing gets in after a newer owner has written.
// Called by the producer (commands) and by each partition of a consumer (events, with an identity).
import { setTimeout as delay } from 'node:timers/promises';
import { PutlogError } from '../schemas/problem.ts';
import { type AppendQueue, createAppendQueue } from './append-queue.ts';
import type { KafkaCluster } from './cluster.ts';
import { FencedError } from './fenced-error.ts';
import type { Logger } from './log.ts';
import { persist } from './persist.ts';
import { produceOutcome, tooLarge } from './produce-outcome.ts';
import type { ProduceBatch, ProduceResult, ProducerIdentity, WireMessage } from './produce-request.ts';
import { sizeOf } from './produce-request.ts';

/** One record and where it goes. `timestamp` in milliseconds since the epoch. */
export type LogRecord = WireMessage & { topic: string; partition: number };

export type LogWriterOptions = {
  cluster: KafkaCluster;
  log: Logger;
  /** Fences every earlier owner of the same name out of each partition that this writer appends to. */
  identity?: string;
  /** An append that has no answer by then is rejected (milliseconds). Default: it waits for ever. */
  deadlineMs?: number;
  maxRecords?: number;
  maxBytes?: number;
  /** Asked before each request, and again as it is written to its socket; false: the writer counts as fenced. */
  mayAppend?: () => boolean;
  /** Told once, when nothing can be appended any more: fenced, or a fault of our own. */
  onFailure?: (error: Error) => void;
  /** How long to gather before the next batch (milliseconds), given the size of the last one. */
  linger?: (lastSent: number) => number;
};

export type LogWriter = Awaited<ReturnType<typeof openLogWriter>>;

/** At once when little comes; the larger the last batch, the longer the next one gathers. */
const lingerWhenLarge = (lastSent: number): number => (lastSent < 8 ? 0 : Math.min(8, lastSent / 4));

/** So many records do not wait for more. */
const fullBatch = 500;

/** @throws when no producer id can be had; the caller decides how often to try. */
export async function openLogWriter(options: LogWriterOptions) {
  const { cluster, log, identity, deadlineMs, mayAppend = () => true } = options;
  const { maxRecords = 20_000, maxBytes = 64 * 2 ** 20, linger = lingerWhenLarge } = options;
  const queues = new Map<string, AppendQueue>();
  const busy = new Set<string>();
  let producer: ProducerIdentity = await cluster.initProducerId(identity ?? null);
  let records = 0;
  let bytes = 0;
  let failure: Error | undefined;
  let lastSent = 0;
  let closing = false;
  const drained: (() => void)[] = [];
  let opening: Promise<void> | undefined;

  const freed = (count: number, size: number) => {
    records -= count;
    bytes -= size;
    if (records === 0) for (const settle of drained.splice(0)) settle();
  };

  function queueOf(topic: string, partition: number): AppendQueue {
    const name = `${topic}/${partition}`;
    const queue = queues.get(name) ?? createAppendQueue(topic, partition, freed);
    queues.set(name, queue);
    return queue;
  }

  function fail(error: Error) {
    if (failure !== undefined) return;
    failure = error;
    clearInterval(sweep);
    for (const queue of queues.values()) queue.rejectAll(error);
    if (!closing) options.onFailure?.(error);
  }

  /** One loop a leading broker: one request in flight, everything that waits for that broker in it. */
  function kick(queue: AppendQueue) {
    const nodeId = cluster.leaderOf(queue.topic, queue.partition) ?? 'none';
    if (busy.has(nodeId)) return;
    busy.add(nodeId);
    // The turn of the event loop ends first, so that all that is appended in it travels together.
    setImmediate(() => pump(nodeId).catch(fail));
  }

  async function pump(nodeId: string) {
    let failures = 0;
    while (failure === undefined) {
      await opening;
      const due = queues
        .values()
        .filter((queue) => !queue.idle && !queue.inFlight && leaderId(queue) === nodeId)
        .toArray();
      if (due.length === 0) break;
      const wait = failures === 0 && records < fullBatch ? linger(lastSent) : 0;
      if (wait > 0) await delay(wait);
      if (await send(nodeId, due)) failures = 0;
      else {
        failures++;
        await delay(Math.min(1_000, 20 * 2 ** failures));
        await refresh();
      }
    }
    busy.delete(nodeId);
    for (const queue of queues.values()) if (!queue.idle && !queue.inFlight && failure === undefined) kick(queue);
  }

  const leaderId = ({ topic, partition }: AppendQueue) => cluster.leaderOf(topic, partition) ?? 'none';

  async function refresh() {
    try {
      await cluster.refresh();
    } catch (error) {
      log.debug({ err: error }, 'metadata cannot be refreshed yet');
    }
  }

  /** True: every batch was answered for good. */
  async function send(nodeId: string, due: AppendQueue[]): Promise<boolean> {
    let batches: ProduceBatch[] = [];
    const sender = producer;
    try {
      if (nodeId === 'none') throw new Error('the partition has no leader');
      const broker = await cluster.broker(nodeId);
      if (!mayAppend()) {
        fail(new FencedError(`${identity ?? 'this writer'} may not append any more`));
        return true;
      }
      // From here on bytes may reach the broker, so a failure says nothing about the outcome.
      batches = due.flatMap((queue) => queue.take() ?? []).map((batch) => ({ ...batch, producer: sender, mayAppend }));
      for (const queue of due) queue.inFlight = true;
      lastSent = batches.reduce((sum, batch) => sum + batch.messages.length, 0);
      const results = await cluster.produce(broker, batches);
      for (const queue of due) queue.inFlight = false;
      if (sender !== producer) return true;
      return results.map((result) => apply(result)).every((settled) => settled);
    } catch (error) {
      for (const queue of due) {
        queue.inFlight = false;
        if (batches.length > 0) queue.uncertain();
      }
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ reason, broker: nodeId, records }, 'the log does not answer; what was sent is sent again');
      return false;
    }
  }

  /** True: the batch is done with, one way or the other. */
  function apply({ topic, partition, errorCode, offset }: ProduceResult): boolean {
    const queue = queueOf(topic, partition);
    const outcome = produceOutcome(errorCode);
    switch (outcome) {
      case 'stored':
        queue.stored(offset);
        return true;
      case 'unknown':
        queue.uncertain();
        log.warn({ topic, partition, errorCode }, 'the log cannot store right now; the same batch is sent again');
        return false;
      case 'refused': {
        if (queue.isUncertain) return lost(`refused with code ${errorCode} after an attempt without an answer`);
        const code = tooLarge.has(errorCode) ? 'record-too-large' : 'log-unavailable';
        queue.refused(new PutlogError(code, `Kafka refused the record with error code ${errorCode}.`));
        return true;
      }
      case 'fenced':
        fail(new FencedError(`${identity ?? 'this writer'} is fenced: a newer owner has written`));
        return true;
      case 'out-of-sequence':
        return lost(`Kafka answered error code ${errorCode}`);
      default:
        return outcome satisfies never;
    }
  }

  /** The sequence is lost. An identity is its owner's to take over again; without one, a new producer id begins anew. */
  function lost(why: string): boolean {
    log.error({ identity, why }, 'the sequence of this writer is lost');
    if (identity !== undefined) fail(new FencedError(`the sequence of ${identity} is lost: ${why}`));
    else opening ??= reopen().catch(fail);
    return true;
  }

  async function reopen() {
    for (const queue of queues.values()) queue.restart();
    producer = { producerId: 'none', producerEpoch: -1 };
    producer = await persist(() => cluster.initProducerId(null), {
      ...{ log, what: 'get a new producer id' },
      givenUp: () => failure !== undefined,
    });
    opening = undefined;
  }

  async function settled(): Promise<void> {
    if (records > 0 && failure === undefined) await new Promise<void>((resolve) => drained.push(resolve));
  }

  const sweep = setInterval(() => {
    const now = performance.now();
    for (const queue of queues.values()) if (!queue.idle) queue.expire(now);
  }, 100);
  if (deadlineMs === undefined) clearInterval(sweep);

  return {
    get identity(): ProducerIdentity {
      return producer;
    },
    get waiting() {
      return { records, bytes };
    },
    get failure() {
      return failure;
    },

    /**
     * Resolves to the record's offset once it is in the log with acks=all.
     * @throws PutlogError overloaded, log-unavailable (not stored), outcome-unknown, record-too-large; FencedError
     */
    append({ topic, partition, ...message }: LogRecord): Promise<number> {
      if (failure !== undefined) return Promise.reject(failure);
      if (closing) return Promise.reject(new PutlogError('shutting-down', 'The server is stopping. Try again.'));
      const size = sizeOf(message);
      if (records >= maxRecords || bytes + size > maxBytes)
        return Promise.reject(new PutlogError('overloaded', 'Too much is waiting for the log. Try again in a second.'));
      records++;
      bytes += size;
      return new Promise((resolve, reject) => {
        const expiresAt = deadlineMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + deadlineMs;
        const queue = queueOf(topic, partition);
        queue.push({ message, bytes: size, expiresAt, alone: false, resolve, reject });
        if (!queue.inFlight) kick(queue);
      });
    },

    /** Resolves when nothing waits for an answer, or nothing ever will. */
    settled,

    /** Stops taking appends and waits until what it holds is stored, at most `deadline` milliseconds; then lets it go. */
    async close(deadline: number): Promise<void> {
      closing = true;
      await Promise.race([settled(), delay(deadline, undefined, { ref: false })]);
      fail(
        new PutlogError('outcome-unknown', 'The server stopped before the log answered. Send the same request again.'),
      );
    },
  };
}
