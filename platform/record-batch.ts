// Reads record batches of format 2 as a broker answers them, in the shape in which kafkajs passes records on. One that
// nobody can open (a codec's bytes are broken, or it would not fit into memory) comes out as one record that says why, at
// its last offset, so that readers go on behind it. platform/fetch-answer.ts calls it.
// https://kafka.apache.org/documentation/#recordbatch
import { BatchRecord, type ReadRecord, type RecordsAbout } from './batch-record.ts';
import { openCompressed } from './codecs.ts';
import { createRecordReader } from './record-reader.ts';

/** kafkajs hands records on as they are, and its type of them does not know this field. */
export const whyUnreadable = (record: object): string | undefined =>
  'unreadable' in record && typeof record.unreadable === 'string' ? record.unreadable : undefined;

/** The offsets of a batch that nobody can open, of which only the last one is the record's own. */
export const unreadableOffsets = ({ offset, value }: { offset: string; value: Buffer | null }) => ({
  // Behind magic byte, checksum and attributes: how far the last record is from the first.
  first: Number(offset) - (value?.readInt32BE(7) ?? 0),
  last: Number(offset),
});

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

/** @throws Error where the bytes are not `count` records, or too much to hold */
function readRecords(bytes: Buffer, count: number, about: RecordsAbout, maxBytes = bytes.length): ReadRecord[] {
  const reader = createRecordReader(bytes);
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
