// Reads the answers to fetches in place of kafkajs, in force for all of its consumers and for our cluster as soon as this
// module is imported. kafkajs opens gzip alone, opens it to whatever size it has, and ends a consumer for good over a batch
// that it cannot open, or over one with very many records: one record of somebody else would stop a worker.
// https://kafka.apache.org/protocol.html#The_Messages_Fetch (version 11, the newest that kafkajs speaks)
import kafkajs from 'kafkajs';
import { requests } from 'kafkajs/src/protocol/requests/index.js';
import type { ReadRecord } from './batch-record.ts';
import { openCompressed } from './codecs.ts';
import { batchLimits, isOldFormat, readRecordSet } from './record-batch.ts';

export type FetchAnswer = {
  throttleTime: number;
  clientSideThrottleTime: number;
  errorCode: number;
  sessionId: number;
  responses: { topicName: string; partitions: PartitionAnswer[] }[];
};

/** Offsets and ids are int64 in decimal. */
type PartitionAnswer = {
  partition: number;
  errorCode: number;
  highWatermark: string;
  lastStableOffset: string;
  lastStartOffset: string;
  abortedTransactions: { producerId: string; firstOffset: string }[];
  preferredReadReplica: number;
  messages: ReadRecord[];
};

/** Bytes that all of one answer may become; the first batch is read in any case. */
const maxAnswerBytes = 128 * 2 ** 20;

/** Undefined where a record set is of an older format, which kafkajs reads. @throws RangeError for what is no answer */
export async function decodeFetchAnswer(raw: Buffer, maxBytes = maxAnswerBytes): Promise<FetchAnswer | undefined> {
  let at = 0;
  const moved = (size: number) => {
    at += size;
    return at - size;
  };
  const int16 = () => raw.readInt16BE(moved(2));
  const int32 = () => raw.readInt32BE(moved(4));
  const int64 = () => String(raw.readBigInt64BE(moved(8)));
  const text = () => {
    const length = int16();
    return raw.toString('utf8', moved(length), at);
  };
  const bytes = () => {
    const length = Math.max(int32(), 0);
    return raw.subarray(moved(length), at);
  };
  const list = <Item>(item: () => Item): Item[] => Array.from({ length: Math.max(int32(), 0) }, item);

  const [clientSideThrottleTime, errorCode, sessionId] = [int32(), int16(), int32()];
  const topics = list(() => ({
    topicName: text(),
    partitions: list(() => ({
      partition: int32(),
      errorCode: int16(),
      highWatermark: int64(),
      lastStableOffset: int64(),
      lastStartOffset: int64(),
      abortedTransactions: list(() => ({ producerId: int64(), firstOffset: int64() })),
      preferredReadReplica: int32(),
      set: bytes(),
    })),
  }));
  if (topics.some(({ partitions }) => partitions.some(({ set }) => isOldFormat(set)))) return undefined;

  const room = { bytes: maxBytes };
  const responses: FetchAnswer['responses'] = [];
  for (const { topicName, partitions } of topics) {
    const read: PartitionAnswer[] = [];
    for (const { set, ...rest } of partitions) read.push({ ...rest, messages: await readRecordSet(set, room) });
    responses.push({ topicName, partitions: read });
  }
  // The broker has throttled already where it wanted to; kafkajs heeds the other field.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

const { protocol } = requests.Fetch;
requests.Fetch.protocol = ({ version }) => {
  const theirs = protocol({ version });
  if (version !== 11) return theirs;
  return (payload) => {
    const { response, ...rest } = theirs(payload);
    const decode = async (raw: Buffer) => (await decodeFetchAnswer(raw)) ?? response.decode(raw);
    return { ...rest, response: { ...response, decode } };
  };
};

// For what is left to kafkajs: record sets of older formats, and brokers before Kafka 2.3.
const { GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes;
for (const codec of [GZIP, Snappy, LZ4, ZSTD] as const)
  kafkajs.CompressionCodecs[codec] = () => ({
    decompress: (bytes: Buffer) => openCompressed(codec, bytes, batchLimits.bytes),
  });
