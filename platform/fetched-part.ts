// What a fetch brought of one partition: its records, without those that are no record of anybody (the end of a transaction), and
// where to go on behind all of them. platform/cluster.ts makes it.
import type { InnerMessage } from 'kafkajs/src/cluster/index.js';

export type FetchedRecord = {
  offset: number;
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: InnerMessage['headers'];
  /** Why this stands for a whole batch that nobody can open. */
  unreadable?: string;
};

type PartitionAnswer = { highWatermark: string; messages: InnerMessage[] };

/** `next` is where to go on, `end` the end of the log. */
export type FetchedPart = { records: FetchedRecord[]; next: number; end: number };

export function readAnswer({ messages, highWatermark }: PartitionAnswer, offset: number): FetchedPart {
  const records = messages
    .filter((message) => !message.isControlRecord && Number(message.offset) >= offset)
    .map(
      (message): FetchedRecord => ({
        offset: Number(message.offset),
        timestamp: Number(message.timestamp),
        key: message.key,
        value: message.value,
        headers: message.headers,
        ...(message.unreadable !== undefined && { unreadable: message.unreadable }),
      }),
    );
  const last = messages.at(-1);
  const next = last === undefined ? offset : Math.max(offset, Number(last.offset) + 1);
  return { records, next, end: Number(highWatermark) };
}
