// What waits to be appended to one partition: records in order, the batch that is being sent with its sequence, and
// what becomes of either when an answer comes or a deadline passes. No I/O; the log writer drives it.
import { PutlogError } from '../schemas/problem.ts';
import type { ProduceBatch, WireMessage } from './produce-request.ts';

/** `expiresAt` on the monotonic clock, in milliseconds; Infinity: waits for ever. */
export type Entry = {
  message: WireMessage;
  bytes: number;
  expiresAt: number;
  /** Sent by itself, after a batch it was in was refused as too large. */
  alone: boolean;
  resolve: (offset: number) => void;
  reject: (error: unknown) => void;
};

/** Whose it is the log writer knows. */
export type SequencedBatch = Omit<ProduceBatch, 'producer'>;

type Batch = SequencedBatch & {
  entries: Entry[];
  /** At least one attempt ended without an answer: the batch may be in the log. */
  uncertain: boolean;
};

export type AppendQueue = ReturnType<typeof createAppendQueue>;

export const batchLimits = { records: 2_000, bytes: 700_000 };
const sequences = 2 ** 31;

export function createAppendQueue(
  topic: string,
  partition: number,
  freed: (records: number, bytes: number) => void,
  firstSequence = 0,
) {
  let waiting: Entry[] = [];
  let head = 0;
  let batch: Batch | undefined;
  let sequence = firstSequence;

  function nextBatch(): Batch {
    const entries: Entry[] = [];
    let bytes = 0;
    for (; head < waiting.length && entries.length < batchLimits.records; head++) {
      const entry = waiting[head];
      if (entry === undefined) break;
      if (entries.length > 0 && (bytes + entry.bytes > batchLimits.bytes || entry.alone)) break;
      entries.push(entry);
      bytes += entry.bytes;
      if (entry.alone) {
        head++;
        break;
      }
    }
    if (head === waiting.length || head > 4_096) {
      waiting = waiting.slice(head);
      head = 0;
    }
    return {
      topic,
      partition,
      firstSequence: sequence,
      messages: entries.map((e) => e.message),
      entries,
      uncertain: false,
    };
  }

  const settle = (entry: Entry, how: (entry: Entry) => void) => {
    freed(1, entry.bytes);
    how(entry);
  };
  const unknown = () =>
    new PutlogError(
      'outcome-unknown',
      'The log did not acknowledge in time. Send the same request again: it runs once.',
    );

  return {
    topic,
    partition,
    /** One request at a time may carry this partition. */
    inFlight: false,
    get idle() {
      return batch === undefined && head === waiting.length;
    },
    get length() {
      return waiting.length - head + (batch?.entries.length ?? 0);
    },
    push: (entry: Entry) => void waiting.push(entry),

    /** The batch to send: the same one with the same sequence until its fate is known. */
    take(): SequencedBatch | undefined {
      if (batch === undefined && head < waiting.length) batch = nextBatch();
      return batch;
    },

    stored(offset: number) {
      if (batch === undefined) return;
      const { entries } = batch;
      batch = undefined;
      sequence = (sequence + entries.length) % sequences;
      for (const [i, entry] of entries.entries()) settle(entry, (e) => e.resolve(offset + i));
    },

    /** The batch is certainly not in the log: its sequence is free again. A batch of many is split to find the culprit. */
    refused(error: PutlogError) {
      if (batch === undefined) return;
      const { entries } = batch;
      batch = undefined;
      if (entries.length === 1) for (const entry of entries) settle(entry, (e) => e.reject(error));
      else {
        waiting = [...entries.map((entry) => ({ ...entry, alone: true })), ...waiting.slice(head)];
        head = 0;
      }
    },

    /** No answer: perhaps stored. It stays, to be sent again as it is. */
    uncertain() {
      if (batch !== undefined) batch.uncertain = true;
    },
    get isUncertain() {
      return batch?.uncertain ?? false;
    },

    /** Tells those whose deadline has passed; what may be in the log stays in its batch, or its sequence would be lost. */
    expire(now: number) {
      if (batch !== undefined && !batch.uncertain && !this.inFlight) {
        waiting = [...batch.entries, ...waiting.slice(head)];
        head = 0;
        batch = undefined;
      }
      for (const entry of batch?.entries ?? [])
        if (entry.expiresAt <= now) {
          entry.expiresAt = Number.POSITIVE_INFINITY;
          entry.reject(unknown());
        }
      const kept: Entry[] = [];
      for (const entry of waiting.slice(head)) {
        if (entry.expiresAt > now) kept.push(entry);
        else
          settle(entry, (e) =>
            e.reject(
              new PutlogError('log-unavailable', 'The log cannot be written right now; nothing was stored. Try again.'),
            ),
          );
      }
      waiting = kept;
      head = 0;
    },

    /** The producer id is to be replaced: sequences begin at 0; what may be in the log is told as unknown. */
    restart() {
      sequence = 0;
      if (batch !== undefined && (batch.uncertain || this.inFlight))
        for (const entry of batch.entries) settle(entry, (e) => e.reject(unknown()));
      else if (batch !== undefined) {
        waiting = [...batch.entries, ...waiting.slice(head)];
        head = 0;
      }
      batch = undefined;
    },

    rejectAll(error: unknown) {
      for (const entry of [...(batch?.entries ?? []), ...waiting.slice(head)]) settle(entry, (e) => e.reject(error));
      batch = undefined;
      waiting = [];
      head = 0;
    },
  };
}
