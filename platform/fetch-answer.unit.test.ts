import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { requests } from 'kafkajs/src/protocol/requests/index.js';
import { describe, expect, test } from 'vitest';
import { headerOf, type ReadRecord } from './batch-record.ts';
import { decodeFetchAnswer, type FetchAnswer } from './fetch-answer.ts';
import { encodeRecordBatch, type WireMessage } from './produce-request.ts';
import { batchLimits, unreadableOffsets } from './record-batch.ts';

const numbers = (...values: [number, 16 | 32 | 64][]) => {
  const buffer = Buffer.alloc(values.reduce((sum, [, bits]) => sum + bits / 8, 0));
  let at = 0;
  for (const [value, bits] of values) {
    if (bits === 16) at = buffer.writeInt16BE(value, at);
    else at = bits === 32 ? buffer.writeInt32BE(value, at) : buffer.writeBigInt64BE(BigInt(value), at);
  }
  return buffer;
};

/** An answer about one topic, `t`: a record set for each partition. */
const answerOf = (sets: Buffer[], version: 10 | 11 = 11) =>
  Buffer.concat([
    numbers([0, 32], [0, 16], [7, 32], [1, 32], [1, 16]),
    Buffer.from('t'),
    numbers([sets.length, 32]),
    ...sets.flatMap((set, partition) => [
      numbers([partition, 32], [0, 16], [1_000, 64], [900, 64], [0, 64], [1, 32], [5, 64], [3, 64]),
      version === 11 ? numbers([-1, 32]) : Buffer.alloc(0),
      numbers([set.length, 32]),
      set,
    ]),
  ]);

type BatchOptions = { first?: number; codec?: number; bits?: number; press?: (records: Buffer) => Buffer };

/** A batch as the broker keeps it, from `first` on; `bits` are more attributes. */
function batchOf(messages: WireMessage[], { first = 0, codec = 0, bits = 0, press }: BatchOptions = {}): Buffer {
  const producer = { producerId: '5', producerEpoch: 1 };
  const plain = encodeRecordBatch({ topic: 't', partition: 0, producer, firstSequence: 0, messages });
  const batch = press === undefined ? plain : Buffer.concat([plain.subarray(0, 61), press(plain.subarray(61))]);
  batch.writeBigInt64BE(BigInt(first), 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(codec | bits, 21);
  return batch;
}

const message = (value: string, more: Partial<WireMessage> = {}): WireMessage => ({
  ...{ key: Buffer.from('k'), value: Buffer.from(value), headers: { h: value }, timestamp: 1_700_000_000_000 },
  ...more,
});
const read = async (...sets: Buffer[]) => {
  const answer = await decodeFetchAnswer(answerOf(sets));
  return answer?.responses[0]?.partitions.map(({ messages }) => messages) ?? [];
};

describe('the same as kafkajs', () => {
  /** Of version 10 kafkajs's own is in force. */
  const decoderOf = (version: number) => requests.Fetch.protocol({ version })({ topics: [] }).response.decode;
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
  const name = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !(text in Object.prototype));
  const messages = fc.array(
    fc.record({
      ...{ key: bytes, value: bytes, headers: fc.dictionary(name, bytes, { noNullPrototype: true }) },
      timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const batch = fc.record({ messages, first: fc.nat(2 ** 40), bits: fc.constantFrom(0, 8, 16, 24, 32, 48) });

  test('for arbitrary batches, also where the last one is cut', async () => {
    const shape = ({ key, value, headers, offset, timestamp, isControlRecord, batchContext }: ReadRecord) => ({
      ...{ key, value, headers, offset, timestamp, isControlRecord },
      transaction: [batchContext.producerId, batchContext.inTransaction],
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 4 }), fc.nat(40), async (batches, cut) => {
        const all = Buffer.concat(batches.map(({ messages: of, ...how }) => batchOf(of, how)));
        const set = all.subarray(0, Math.max(0, all.length - cut));
        const answer = (await decoderOf(10)(answerOf([set], 10))) as FetchAnswer;
        const theirs = answer.responses[0]?.partitions[0]?.messages ?? [];
        const [ours = []] = await read(set);
        expect(ours.map(shape)).toEqual(theirs.map(shape));
      }),
    );
  });

  test('what stands around the records is read, and our decoder is in force', async () => {
    expect(await decoderOf(11)(answerOf([batchOf([message('a')])]))).toMatchObject({
      ...{ throttleTime: 0, clientSideThrottleTime: 0, errorCode: 0, sessionId: 7 },
      responses: [
        {
          topicName: 't',
          partitions: [
            {
              ...{ partition: 0, errorCode: 0, highWatermark: '1000', lastStableOffset: '900', lastStartOffset: '0' },
              ...{ abortedTransactions: [{ producerId: '5', firstOffset: '3' }], preferredReadReplica: -1 },
              messages: [{ offset: '0', magicByte: 2, batchContext: { codec: 0 } }],
            },
          ],
        },
      ],
    });
  });
});

test('a header that stands there twice has both values; one without a value, or named __proto__, is left out', async () => {
  const batch = batchOf([message('v', { headers: { a: '1', b: '2', n: '3' } })]);
  // Another name of the same length in the bytes.
  batch[batch.indexOf('b', 61)] = 'a'.charCodeAt(0);
  const [[twice] = []] = await read(batch);
  expect(twice?.headers).toEqual({ a: [Buffer.from('1'), Buffer.from('2')], n: Buffer.from('3') });
  const named = Object.defineProperty({}, '__proto__', { value: 'x', enumerable: true });
  const [[record] = []] = await read(batchOf([message('v', { headers: named })]));
  expect(record?.headers).toEqual({});
});

test('one header is the same whether the others are decoded or not: the first of several', async () => {
  const batch = batchOf([message('v', { headers: { a: '1', b: '2', nn: '3' } })]);
  batch[batch.indexOf('b', 61)] = 'a'.charCodeAt(0);
  const [[record] = []] = await read(batch);
  const { headers } = record ?? {};
  for (const [name, value] of [
    ['a', '1'],
    ['nn', '3'],
    ['n', undefined],
    ['b', undefined],
  ] as const) {
    expect(headerOf(record ?? {}, name)).toBe(value);
    expect(headerOf({ headers }, name)).toBe(value);
  }
});

describe('a batch that nobody can open is one record at its last offset, and what is around it is read', () => {
  const many = Array.from({ length: 9 }, (_, i) => message(`${i}`));
  const one = (value: Buffer) => [message('', { value })];
  const bad: [string, Buffer][] = [
    ['bytes that are not of its codec', batchOf(many, { codec: 4, press: () => Buffer.from('not zstd at all') })],
    ['a codec that is not known', batchOf(many, { codec: 6 })],
    ['fewer records than it says', batchOf(many, { codec: 1, press: (records) => gzipSync(records.subarray(0, 40)) })],
    [
      'more bytes than there is room for',
      batchOf(many, { codec: 4, press: () => zstdCompressSync(Buffer.alloc(2 ** 27)) }),
    ],
    [
      'a record larger than an uncompressed one could be',
      batchOf(one(Buffer.alloc(1_100_000)), { codec: 4, press: zstdCompressSync }),
    ],
    ['a record that is cut short', batchOf(many, { press: (records) => records.subarray(0, -3) })],
  ];

  test.each(bad)('%s', async (_, batch) => {
    batch.writeInt32BE(8, 23);
    const base = Buffer.from(batch);
    base.writeBigInt64BE(100n, 0);
    const [records] = await read(
      Buffer.concat([batchOf([message('before')], { first: 99 }), base, batchOf([message('after')], { first: 109 })]),
    );
    expect(records?.map(({ offset }) => offset)).toEqual(['99', '108', '109']);
    expect(records?.[1]).toMatchObject({ key: null, headers: {}, value: base.subarray(16) });
    expect(records?.[1]?.unreadable).toMatch(/^a batch of \d+ records cannot be read: /);
    expect(unreadableOffsets(records?.[1] ?? { offset: '', value: null })).toEqual({ first: 100, last: 108 });
    expect([records?.[0]?.unreadable, records?.[2]?.unreadable]).toEqual([undefined, undefined]);
  });

  test('more records and headers than may be held', { timeout: 60_000 }, async () => {
    const tiny = Buffer.from([12, 0, 0, 0, 1, 1, 0]);
    const press = () => zstdCompressSync(Buffer.alloc(7 * (batchLimits.items + 1), tiny));
    const batch = batchOf(many, { codec: 4, press });
    batch.writeInt32BE(batchLimits.items + 1, 57);
    const [records] = await read(batch);
    expect(records?.map(({ unreadable }) => unreadable)).toEqual([
      `a batch of ${batchLimits.items + 1} records cannot be read: it holds more than ${batchLimits.items} records and headers`,
    ]);
  });
});

test('very many records, more than a call takes arguments, are read', { timeout: 60_000 }, async () => {
  const count = 200_000;
  const press = () => zstdCompressSync(Buffer.alloc(7 * count, Buffer.from([12, 0, 0, 0, 1, 1, 0])));
  const batch = batchOf([message('')], { codec: 4, press });
  batch.writeInt32BE(count, 57);
  expect((await read(batch))[0]).toHaveLength(count);
});

test('a record with very many headers is read, each once', { timeout: 60_000 }, async () => {
  const headers = Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [i.toString(36), 'v']));
  const [[record] = []] = await read(batchOf([message('v', { headers })]));
  expect(Object.keys(record?.headers ?? {})).toHaveLength(40_000);
});

test('an answer that would become too large stops after what it has room for; the next fetch brings the rest', async () => {
  const messages = Array.from({ length: 50 }, () => message('', { value: Buffer.alloc(1_000) }));
  const first = batchOf(messages, { codec: 4, press: zstdCompressSync });
  const second = Buffer.from(first);
  second.writeBigInt64BE(50n, 0);
  const answer = await decodeFetchAnswer(answerOf([Buffer.concat([first, second]), first, first]), 120_000);
  const counts = answer?.responses[0]?.partitions.map((partition) => partition.messages.length);
  expect(counts).toEqual([100, 50, 0]);
  expect((await decodeFetchAnswer(answerOf([first]), 1))?.responses[0]?.partitions[0]?.messages).toHaveLength(50);
});
