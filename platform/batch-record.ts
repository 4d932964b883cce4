// One record of a batch, in the shape in which kafkajs passes records on. Its headers are decoded when somebody asks for them.
// platform/record-batch.ts makes it.
import { createRecordReader } from './record-reader.ts';

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

/** kafkajs needs it to pass over what a transaction took back. */
type BatchContext = { producerId: string; inTransaction: boolean; codec: number };

/** What a batch says of all of its records. `first`: offset; `began`, `appendedAt`: milliseconds since the epoch. */
export type RecordsAbout = {
  first: number;
  began: number;
  appendedAt: number | undefined;
  isControlRecord: boolean;
  context: BatchContext;
};

/**
 * A class, unlike everything else here, because it is made for each record that is read, and most readers ask for one header or none:
 * all of them, decoded, are more objects than the rest of a record.
 */
export class BatchRecord implements ReadRecord {
  readonly attributes: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly #timestamp: number;
  readonly #bytes: Buffer;
  readonly #headersAt: number;
  readonly #about: RecordsAbout;
  #headers: RecordHeaders | undefined;

  constructor(
    { attributes, timestamp, offset }: { attributes: number; timestamp: number; offset: number },
    key: Buffer | null,
    value: Buffer | null,
    bytes: Buffer,
    headersAt: number,
    about: RecordsAbout,
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
    this.#headers ??= readHeaders(createRecordReader(this.#bytes, this.#headersAt));
    return this.#headers;
  }

  /** As text, without the others; the first of several, undefined: it is not there. */
  header(name: string): string | undefined {
    const bytes = this.#bytes;
    const reader = createRecordReader(bytes, this.#headersAt);
    for (let left = reader.varint(); left > 0; left--) {
      const nameLength = reader.varint();
      const nameAt = reader.at;
      reader.move(nameLength);
      const length = reader.varint();
      const at = reader.at;
      reader.move(length);
      if (nameLength === name.length && length >= 0 && isAscii(bytes, nameAt, name))
        return bytes.toString('utf8', at, at + length);
    }
    return undefined;
  }
}

function isAscii(bytes: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

type WithHeaders = { readonly headers?: object | undefined; header?: (name: string) => string | undefined };

/** A header as text, the first of several; of a record that was read here, without decoding the others. `name` in ASCII. */
export function headerOf(record: WithHeaders, name: string): string | undefined {
  if (record.header !== undefined) return record.header(name);
  const value: unknown = Object.entries(record.headers ?? {}).find(([one]) => one === name)?.[1];
  return value === undefined ? undefined : String(Array.isArray(value) ? value[0] : value);
}

function readHeaders(reader: ReturnType<typeof createRecordReader>): RecordHeaders {
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
