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

const batchOverhead = 61;
/** Bytes of a batch that its length field does not count, and where its checksum begins to count. */
const beforeLength = 12;
const beforeChecksummed = 21;

const zigzag = (value: number) => (value >= 0 ? value * 2 : -value * 2 - 1);

function varintSize(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

function createWriter(size: number) {
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  return {
    buffer,
    get at() {
      return at;
    },
    int8: (value: number) => (at = buffer.writeInt8(value, at)),
    int16: (value: number) => (at = buffer.writeInt16BE(value, at)),
    int32: (value: number) => (at = buffer.writeInt32BE(value, at)),
    int64: (value: bigint) => (at = buffer.writeBigInt64BE(value, at)),
    bytes(value: Buffer) {
      at += value.copy(buffer, at);
    },
    text(value: string) {
      at += buffer.write(value, at);
    },
    varint(value: number) {
      let rest = zigzag(value);
      for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) + 128;
      buffer[at++] = rest;
    },
  };
}

type Writer = ReturnType<typeof createWriter>;

const lengthOf = (value: string | Buffer) => (typeof value === 'string' ? Buffer.byteLength(value) : value.length);

/** Bytes of a record after its own length field. */
function recordSize({ key, value, headers, timestamp }: WireMessage, index: number, base: number): number {
  let size = 1 + varintSize(timestamp - base) + varintSize(index);
  size += varintSize(key.length) + key.length + varintSize(value.length) + value.length;
  let count = 0;
  for (const name in headers) {
    const [nameLength, valueLength] = [Buffer.byteLength(name), lengthOf(headers[name] ?? '')];
    size += varintSize(nameLength) + nameLength + varintSize(valueLength) + valueLength;
    count++;
  }
  return size + varintSize(count);
}

function writeRecord(
  writer: Writer,
  { key, value, headers, timestamp }: WireMessage,
  index: number,
  base: number,
  size: number,
) {
  writer.varint(size);
  writer.int8(0);
  writer.varint(timestamp - base);
  writer.varint(index);
  writer.varint(key.length);
  writer.bytes(key);
  writer.varint(value.length);
  writer.bytes(value);
  writer.varint(Object.keys(headers).length);
  for (const name in headers) {
    const header = headers[name] ?? '';
    writer.varint(Buffer.byteLength(name));
    writer.text(name);
    writer.varint(lengthOf(header));
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
  const sizes = messages.map((message, i) => recordSize(message, i, base));
  const size = sizes.reduce((sum, each) => sum + varintSize(each) + each, batchOverhead);
  const writer = createWriter(size);
  writer.int64(0n); // base offset: the broker's to say
  writer.int32(size - beforeLength);
  writer.int32(0); // partition leader epoch: the broker's
  writer.int8(2); // magic
  writer.int32(0); // checksum, below
  writer.int16(0); // attributes: no compression, create time, not transactional
  writer.int32(messages.length - 1);
  writer.int64(BigInt(base));
  writer.int64(BigInt(messages.reduce((latest, { timestamp }) => Math.max(latest, timestamp), base)));
  writer.int64(BigInt(producer.producerId));
  writer.int16(producer.producerEpoch);
  writer.int32(firstSequence);
  writer.int32(messages.length);
  for (const [i, message] of messages.entries()) writeRecord(writer, message, i, base, sizes[i] ?? 0);
  writer.buffer.writeUInt32BE(crc32C(writer.buffer.subarray(beforeChecksummed)), beforeChecksummed - 4);
  return writer.buffer;
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
  let size = 2 + 2 + 4 + 4;
  for (const { topic, partitions } of topics) {
    size += 2 + Buffer.byteLength(topic) + 4;
    for (const { records } of partitions) size += 8 + records.length;
  }
  const writer = createWriter(size);
  writer.int16(-1); // no transactional id
  writer.int16(-1); // acks: all
  writer.int32(timeoutMs);
  writer.int32(topics.length);
  for (const { topic, partitions } of topics) {
    writer.int16(Buffer.byteLength(topic));
    writer.text(topic);
    writer.int32(partitions.length);
    for (const { partition, records } of partitions) {
      writer.int32(partition);
      writer.int32(records.length);
      writer.bytes(records);
    }
  }
  return writer.buffer;
}
