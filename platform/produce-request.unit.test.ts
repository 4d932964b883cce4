import fc from 'fast-check';
import { requests } from 'kafkajs/src/protocol/requests/index.js';
import { expect, test } from 'vitest';
import type { WireMessage } from './produce-request.ts';
import { encodeRecordBatch, produceRequest } from './produce-request.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const header = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), bytes(200));
const message = (now: number): fc.Arbitrary<WireMessage> =>
  fc.record({
    key: bytes(300),
    value: bytes(9_000),
    headers: fc.dictionary(fc.stringMatching(/^[a-z_-]{1,20}$/), header, { maxKeys: 9 }),
    timestamp: fc.integer({ min: now, max: now + 100_000 }),
  });
const now = 1_790_000_000_000;
const producer = { producerId: '4611686018427387904', producerEpoch: 32_767 };

test('the bytes are those that kafkajs would send', async () => {
  const produce = requests.Produce.protocol({ version: 7 });
  const batch = fc.record({
    partition: fc.nat(9),
    firstSequence: fc.nat(2 ** 31 - 1),
    // kafkajs takes the least timestamp as the base, we take the first record's: the same where they rise.
    messages: fc
      .array(message(now), { minLength: 1, maxLength: 5 })
      .map((messages) => messages.toSorted((a, b) => a.timestamp - b.timestamp)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 3 }), async (partitions) => {
      const topic = 'putlog.events';
      const ours = await produceRequest(
        partitions.map((each) => ({ ...each, topic, producer })),
        10_000,
      ).encode();
      const { request } = produce({ acks: -1, timeout: 10_000, ...producer, topicData: [{ topic, partitions }] });
      expect(ours.buffer.equals((await request.encode()).buffer)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a record that is older than the first of its batch', () => {
  const one = (timestamp: number): WireMessage => ({
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: {},
    timestamp,
  });
  const messages = [one(now), one(now - 5), one(now + 9)];
  const batch = encodeRecordBatch({ topic: 't', partition: 0, producer, firstSequence: 7, messages });
  expect(batch.readBigInt64BE(27)).toBe(BigInt(now));
  expect(batch.readBigInt64BE(35)).toBe(BigInt(now + 9));
  expect(batch.readInt32BE(8)).toBe(batch.length - 12);
});

test('a batch without records is refused', () => {
  const empty = { topic: 't', partition: 0, producer, firstSequence: 0, messages: [] };
  expect(() => encodeRecordBatch(empty)).toThrow(RangeError);
});

test('a writer that may not append any more keeps the whole request back, at the last moment', async () => {
  let may = true;
  const message: WireMessage = { key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestamp: now };
  const batch = { topic: 't', partition: 0, producer, firstSequence: 0, messages: [message] };
  const request = produceRequest([batch, { ...batch, partition: 1, mayAppend: () => may }], 10_000);
  expect((await request.encode()).buffer.length).toBeGreaterThan(0);
  may = false;
  await expect(request.encode()).rejects.toThrow('may not append');
});
