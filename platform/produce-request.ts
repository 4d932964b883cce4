// The body of a Produce request (version 7, acks=all) with record batches of format 2, written into one buffer. kafkajs
// makes some twenty small buffers for a record with headers; this costs a tenth, and the bytes are the same.
// https://kafka.apache.org/protocol.html#The_Messages_Produce, https://kafka.apache.org/documentation/#recordbatch
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';

/** Epoch and id that Kafka gave a writer; `producerId` is an int64 in decimal. */
export type ProducerIdentity = { producerId: string; producerEpoch: number };

/** Key, value and headers as they go over the wire; `timestamp` in milliseconds. */
export type WireMessage = { key: Buffer; value: Buffer; headers: Record<string, string | Buffer>; timestamp: number };

/** What one writer has for one partition; a request may hold batches of several writers. */
export type ProduceBatch = {
  topic: string;
  partition: number;
  producer: ProducerIdentity;
  firstSequence: number;
  messages: WireMessage[];
  /** Asked as the request is written to its socket; false: nothing of the request is sent. */
  mayAppend?: () => boolean;
};

/** What the broker said of a batch: `errorCode` is Kafka's, 0 for stored; `offset` of the first record. */
export type ProduceResult = { topic: string; partition: number; errorCode: number; offset: number };

/** Bytes of a batch that its length field does not count, and where its checksum begins to count. */
const beforeLength = 12;
const beforeChecksummed = 21;

/** Most bytes of a varint here, and of what stands in a record beside its key, value and headers. */
const longestVarint = 10;
const recordOverhead = 6 * longestVarint + 1;

/** Writes into one buffer that is kept and grows: what was written is copied out at the end. */
function createWriter() {
  let buffer = Buffer.allocUnsafe(65_536);
  let at = 0;

  function room(bytes: number) {
    if (at + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, at + bytes));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  }

  function varint(value: number) {
    let rest = value >= 0 ? value * 2 : -value * 2 - 1;
    // By bits where they are few enough.
    for (; rest >= 2 ** 31; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) + 128;
    for (; rest >= 128; rest >>>= 7) buffer[at++] = (rest & 127) | 128;
    buffer[at++] = rest;
  }

  function raw(value: Buffer) {
    room(value.length);
    buffer.set(value, at);
    at += value.length;
  }

  function bytes(value: Buffer) {
    room(longestVarint);
    varint(value.length);
    raw(value);
  }

  /** Nearly all that is said in headers is ASCII, as long in bytes as it is in characters. */
  function text(value: string) {
    const { length } = value;
    room(3 * length + longestVarint);
    const began = at;
    varint(length);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) {
        at = began;
        varint(Buffer.byteLength(value));
        at += buffer.write(value, at);
        return;
      }
      buffer[at++] = code;
    }
  }

  /** What `write` writes, behind its length. */
  function measured(write: () => void) {
    room(longestVarint);
    const began = at;
    at += longestVarint;
    write();
    const size = at - began - longestVarint;
    at = began;
    varint(size);
    buffer.copyWithin(at, began + longestVarint, began + longestVarint + size);
    at += size;
  }

  return {
    start() {
      at = 0;
    },
    room,
    int8: (value: number) => (at = buffer.writeInt8(value, at)),
    int16: (value: number) => (at = buffer.writeInt16BE(value, at)),
    int32: (value: number) => (at = buffer.writeInt32BE(value, at)),
    int64: (value: bigint) => (at = buffer.writeBigInt64BE(value, at)),
    ...{ varint, raw, bytes, text, measured },
    /** What was written since `start`. */
    copy: (): Buffer<ArrayBuffer> => Buffer.from(buffer.subarray(0, at)),
  };
}

const writer = createWriter();

function writeRecord({ key, value, headers, timestamp }: WireMessage, index: number, base: number) {
  writer.room(recordOverhead);
  writer.int8(0);
  writer.varint(timestamp - base);
  writer.varint(index);
  writer.bytes(key);
  writer.bytes(value);
  const names = Object.keys(headers);
  writer.room(longestVarint);
  writer.varint(names.length);
  for (const name of names) {
    const header = headers[name] ?? '';
    writer.text(name);
    if (typeof header === 'string') writer.text(header);
    else writer.bytes(header);
  }
}

/** About what a record takes in a batch, in bytes. */
export function sizeOf({ key, value, headers }: WireMessage): number {
  let bytes = key.length + value.length + 32;
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0) + 4;
  return bytes;
}

/** @throws RangeError for a batch without records */
export function encodeRecordBatch({ producer, firstSequence, messages }: ProduceBatch): Buffer {
  const base = messages[0]?.timestamp;
  if (base === undefined) throw new RangeError('a record batch must hold a record');
  let latest = base;
  for (const { timestamp } of messages) latest = Math.max(latest, timestamp);
  writer.start();
  writer.int64(0n); // base offset: the broker's to say
  writer.int32(0); // length, below
  writer.int32(0); // partition leader epoch: the broker's
  writer.int8(2); // magic
  writer.int32(0); // checksum, below
  writer.int16(0); // attributes: no compression, create time, not transactional
  writer.int32(messages.length - 1);
  writer.int64(BigInt(base));
  writer.int64(BigInt(latest));
  writer.int64(BigInt(producer.producerId));
  writer.int16(producer.producerEpoch);
  writer.int32(firstSequence);
  writer.int32(messages.length);
  for (const [i, message] of messages.entries()) writer.measured(() => writeRecord(message, i, base));
  const batch = writer.copy();
  batch.writeInt32BE(batch.length - beforeLength, beforeLength - 4);
  batch.writeUInt32BE(crc32C(batch.subarray(beforeChecksummed)), beforeChecksummed - 4);
  return batch;
}

/** The request as kafkajs's connection takes it. `timeoutMs`: how long the broker may wait for its replicas. */
export function produceRequest(batches: ProduceBatch[], timeoutMs: number) {
  return {
    apiKey: 0,
    apiVersion: 7,
    apiName: 'Produce',
    expectResponse: () => true,
    encode: async () => {
      if (batches.some(({ mayAppend }) => mayAppend?.() === false))
        throw new Error('a writer in this request may not append any more; nothing of it was sent');
      const buffer = encodeProduce(batches, timeoutMs);
      return { buf: buffer, buffer };
    },
  };
}

function encodeProduce(batches: ProduceBatch[], timeoutMs: number): Buffer {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map((batch) => ({
      partition: batch.partition,
      records: encodeRecordBatch(batch),
    })),
  }));
  writer.start();
  writer.int16(-1); // no transactional id
  writer.int16(-1); // acks: all
  writer.int32(timeoutMs);
  writer.int32(topics.length);
  const parts: Buffer[] = [writer.copy()];
  for (const { topic, partitions } of topics) {
    const name = Buffer.from(topic);
    writer.start();
    writer.int16(name.length);
    writer.raw(name);
    writer.int32(partitions.length);
    parts.push(writer.copy());
    for (const { partition, records } of partitions) {
      writer.start();
      writer.int32(partition);
      writer.int32(records.length);
      parts.push(writer.copy(), records);
    }
  }
  return Buffer.concat(parts);
}
