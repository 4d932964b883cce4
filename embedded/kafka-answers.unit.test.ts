import { expect, test } from 'vitest';
import { brokersIn, metadataRequest } from './kafka-answers.ts';

test('the request says its own size', () => {
  const request = metadataRequest();
  expect(request.readInt32BE(0)).toBe(request.length - 4);
});

test('the number of brokers is read once it has arrived', () => {
  const response = Buffer.from('0000004800000001000000000000000200000001', 'hex');
  expect(brokersIn(response)).toBe(2);
  expect(brokersIn(response.subarray(0, 15))).toBeUndefined();
  expect(brokersIn(Buffer.alloc(0))).toBeUndefined();
});
