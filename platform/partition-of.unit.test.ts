import fc from 'fast-check';
import reference from 'kafkajs/src/producer/partitioners/default/murmur2.js';
import { expect, test } from 'vitest';
import { murmur2, partitionOf } from './partition-of.ts';

// The first ones are those of Kafka's own UtilsTest.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
])('murmur2 of %s is what Kafka computes', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('murmur2 agrees with kafkajs on any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => murmur2(bytes) === reference(Buffer.from(bytes))));
});

test('a partition is one of those there are', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1_000 }), (key, partitions) => {
      const partition = partitionOf(key, partitions);
      return partition >= 0 && partition < partitions && Number.isInteger(partition);
    }),
  );
});
