// What a fetch brought of one partition: its records, without those that are no record of anybody (the end of a transaction), and
// where to go on behind all of them. platform/cluster.ts makes it.
import type { InnerMessage } from 'kafkajs/src/cluster/index.js';
import { headerOf } from './batch-record.ts';

export type FetchedRecord = {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: InnerMessage['headers'];
  /** See `headerOf`. */
  readonly header?: (name: string) => string | undefined;
  /** Why this stands for a whole batch that nobody can open. */
  readonly unreadable?: string;
};

type PartitionAnswer = { highWatermark: string; messages: InnerMessage[] };

/** `next` is where to go on, `end` the end of the log. */
export type FetchedPart = { records: FetchedRecord[]; next: number; end: number };

/** A class as that of the records that it stands for, and for the same reason. */
class Fetched implements FetchedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly #message: InnerMessage;

  constructor(message: InnerMessage, offset: number) {
    this.offset = offset;
    this.timestamp = Number(message.timestamp);
    this.key = message.key;
    this.value = message.value;
    this.#message = message;
  }

  get headers() {
    return this.#message.headers;
  }
  header(name: string) {
    return headerOf(this.#message, name);
  }
}

export function readAnswer({ messages, highWatermark }: PartitionAnswer, from: number): FetchedPart {
  const records: FetchedRecord[] = [];
  for (const message of messages) {
    const offset = Number(message.offset);
    if (message.isControlRecord || offset < from) continue;
    const { unreadable } = message;
    const record = new Fetched(message, offset);
    records.push(unreadable === undefined ? record : Object.assign(record, { unreadable }));
  }
  const last = messages.at(-1);
  const next = last === undefined ? from : Math.max(from, Number(last.offset) + 1);
  return { records, next, end: Number(highWatermark) };
}
