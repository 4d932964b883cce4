// Reads record batches of format 2 as a broker answers them, in the shape in which kafkajs passes records on. One that
// nobody can open (a codec's bytes are broken, or it would not fit into memory) comes out as one record that says why, at
// its last offset, so that readers go on behind it. platform/fetch-answer.ts calls it.
// https://kafka.apache.org/documentation/#recordbatch
import { openCompressed } from './codecs.ts';

export type RecordHeaders = Record<string, Buffer | Buffer[]>;

export type ReadRecord = {
  readonly magicByte: number;
  readonly attributes: number;
  /** Milliseconds since the epoch, in decimal. */
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  /** Why this stands for a whole batch; its value is then the batch as its producer sent it, from the magic byte on. */
  readonly unreadable?: string;
};

/** kafkajs hands records on as they are, and its type of them does not know this field. */
export const whyUnreadable = (record: object): string | undefined =>
  'unreadable' in record && typeof record.unreadable === 'string' ? record.unreadable : undefined;

/** The offsets of a batch that nobody can open, of which only the last one is the record's own. */
export const unreadableOffsets = ({ offset, value }: { offset: string; value: Buffer | null }) => ({
  // Behind magic byte, checksum and attributes: how far the last record is from the first.
  first: Number(offset) - (value?.readInt32BE(7) ?? 0),
  last: Number(offset),
});

/** kafkajs needs it to pass over what a transaction took back. */
type BatchContext = { producerId: string; inTransaction: boolean; codec: number };

/** Bytes that one batch may become; records and headers together that it may hold; bytes of a record that was compressed. */
export const batchLimits = { bytes: 64 * 2 ** 20, items: 400_000, recordBytes: 1_048_588 };

const headerSize = 61;
/** Offset and length of the batch, and the leader's epoch: the broker's own, not its producer's. */
const beforeMagic = 16;

const formatOf = (bytes: Buffer, at: number) => bytes[at + beforeMagic];

/** Does a record set hold batches of another format? A broker that was upgraded long ago may still keep some. */
export const isOldFormat = (set: Buffer): boolean => set.length > beforeMagic && formatOf(set, 0) !== 2;

/** `room`: bytes that an answer may become in all. What is left out for lack of it is there for the next fetch. */
export async function readRecordSet(set: Buffer, room: { bytes: number }): Promise<ReadRecord[]> {
  const all: ReadRecord[] = [];
  for (let at = 0; at + headerSize <= set.length; ) {
    const end = at + 12 + set.readInt32BE(at + 8);
    // A fetch is cut at its largest size, and so may its last batch be.
    if (end > set.length) break;
    if (end < at + headerSize || formatOf(set, at) !== 2) throw new Error('the broker answered no record batch');
    if (room.bytes <= 0) break;
    // Never by spreading it: a batch can hold more records than a call takes arguments.
    for (const record of await readBatch(set.subarray(at, end), room)) all.push(record);
    at = end;
  }
  return all;
}

async function readBatch(batch: Buffer, room: { bytes: number }): Promise<ReadRecord[]> {
  const attributes = batch.readInt16BE(21);
  const codec = attributes & 7;
  const first = Number(batch.readBigInt64BE(0));
  const latest = Number(batch.readBigInt64BE(35));
  const about = {
    first,
    began: Number(batch.readBigInt64BE(27)),
    /** The broker's clock counts for all records of the batch. */
    appendedAt: attributes & 8 ? latest : undefined,
    isControlRecord: (attributes & 32) !== 0,
    context: { producerId: String(batch.readBigInt64BE(43)), inTransaction: (attributes & 16) !== 0, codec },
  };
  const count = batch.readInt32BE(57);
  const records = batch.subarray(headerSize);
  try {
    if (codec === 0) {
      room.bytes -= records.length;
      return readRecords(records, count, about);
    }
    const opened = await openCompressed(codec, records, batchLimits.bytes);
    room.bytes -= opened.length;
    return readRecords(opened, count, about, batchLimits.recordBytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      {
        ...{ magicByte: 2, attributes: 0, key: null, headers: {}, value: Buffer.from(batch.subarray(beforeMagic)) },
        ...{ isControlRecord: about.isControlRecord, batchContext: about.context, timestamp: String(latest) },
        offset: String(first + batch.readInt32BE(23)),
        unreadable: `a batch of ${count} records cannot be read: ${reason}`,
      },
    ];
  }
}

type About = {
  first: number;
  began: number;
  appendedAt: number | undefined;
  isControlRecord: boolean;
  context: BatchContext;
};

/** @throws Error where the bytes are not `count` records, or too much to hold */
function readRecords(bytes: Buffer, count: number, about: About, maxBytes = bytes.length): ReadRecord[] {
  const reader = createReader(bytes);
  const records: ReadRecord[] = [];
  let items = 0;
  const more = () => {
    if (++items > batchLimits.items) throw new Error(`it holds more than ${batchLimits.items} records and headers`);
  };
  while (records.length < count) {
    more();
    const size = reader.varint();
    const end = reader.at + size;
    if (size < 0 || end > bytes.length) throw new Error('a record reaches beyond its batch');
    if (size > maxBytes) throw new Error(`a record has ${size} bytes, more than ${maxBytes}`);
    const attributes = reader.byte();
    const timestamp = about.began + reader.varint();
    const offset = about.first + reader.varint();
    const key = reader.bytes();
    const value = reader.bytes();
    const headersAt = reader.at;
    for (let left = reader.varint(); left > 0; left--) {
      more();
      reader.skip();
      reader.skip();
    }
    if (reader.at !== end) throw new Error('a record is not as long as it says');
    const place = { attributes, timestamp: about.appendedAt ?? timestamp, offset };
    records.push(new BatchRecord(place, key, value, bytes, headersAt, about));
  }
  return records;
}

/**
 * A class, unlike everything else here, because it is made for each record that is read, and most readers ask for one header or none:
 * all of them, decoded, are more objects than the rest of a record.
 */
class BatchRecord implements ReadRecord {
  readonly attributes: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly #timestamp: number;
  readonly #bytes: Buffer;
  readonly #headersAt: number;
  readonly #about: About;
  #headers: RecordHeaders | undefined;

  constructor(
    { attributes, timestamp, offset }: { attributes: number; timestamp: number; offset: number },
    key: Buffer | null,
    value: Buffer | null,
    bytes: Buffer,
    headersAt: number,
    about: About,
  ) {
    this.attributes = attributes;
    this.offset = String(offset);
    this.key = key;
    this.value = value;
    this.#timestamp = timestamp;
    this.#bytes = bytes;
    this.#headersAt = headersAt;
    this.#about = about;
  }

  get magicByte() {
    return 2;
  }
  get timestamp() {
    return String(this.#timestamp);
  }
  get isControlRecord() {
    return this.#about.isControlRecord;
  }
  get batchContext() {
    return this.#about.context;
  }
  get headers() {
    this.#headers ??= readHeaders(createReader(this.#bytes, this.#headersAt));
    return this.#headers;
  }

  /** As text, without the others; undefined: it is not there, or more than once. */
  header(name: string): string | undefined {
    const bytes = this.#bytes;
    const reader = createReader(bytes, this.#headersAt);
    let found: string | undefined;
    for (let left = reader.varint(); left > 0; left--) {
      const nameLength = reader.varint();
      const nameAt = reader.at;
      reader.move(nameLength);
      const length = reader.varint();
      const at = reader.at;
      reader.move(length);
      if (nameLength !== name.length || length < 0 || !isAscii(bytes, nameAt, name)) continue;
      if (found !== undefined) return undefined;
      found = bytes.toString('utf8', at, at + length);
    }
    return found;
  }
}

function isAscii(bytes: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

type WithHeaders = { readonly headers?: object | undefined; header?: (name: string) => string | undefined };

/** A header as text, where it is there once; of a record that was read here, without decoding the others. `name` in ASCII. */
export function headerOf(record: WithHeaders, name: string): string | undefined {
  if (record.header !== undefined) return record.header(name);
  const value: unknown = Object.entries(record.headers ?? {}).find(([one]) => one === name)?.[1];
  return value === undefined || Array.isArray(value) ? undefined : String(value);
}

function readHeaders(reader: ReturnType<typeof createReader>): RecordHeaders {
  const headers: RecordHeaders = {};
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.bytes()?.toString() ?? '';
    addHeader(headers, name, reader.bytes());
  }
  return headers;
}

/** A name that stands there twice has both values. One without a value says nothing. */
function addHeader(headers: RecordHeaders, name: string, value: Buffer | null) {
  // As a property this would be the prototype.
  if (value === null || name === '__proto__') return;
  const there = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (there === undefined) headers[name] = value;
  else if (Array.isArray(there)) there.push(value);
  else headers[name] = [there, value];
}

function createReader(buffer: Buffer, start = 0) {
  let at = start;
  const byte = (): number => {
    const value = buffer[at++];
    if (value === undefined) throw new Error('a record is cut short');
    return value;
  };
  /** Exact up to 2^53; more stands only in a timestamp of nonsense. */
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const next = byte();
      value += (next & 127) * scale;
      if (next < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw new Error('a number of a record has no end');
  };
  return {
    get at() {
      return at;
    },
    byte,
    varint,
    /** By a length that was read before; below zero: there is nothing. */
    move(length: number) {
      if (length > 0) at += length;
    },
    /** Over a field that is as long as a varint before it says. */
    skip() {
      const length = varint();
      if (length === -1) return;
      if (length < 0 || length > buffer.length - at) throw new Error('a field of a record reaches outside');
      at += length;
    },
    /** As long as a varint before it says; null for -1. */
    bytes(): Buffer | null {
      const length = varint();
      if (length === -1) return null;
      if (length < 0 || length > buffer.length - at) throw new Error('a field of a record reaches outside');
      at += length;
      return buffer.subarray(at - length, at);
    },
  };
}
