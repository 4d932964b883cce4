import { expect, test } from 'vitest';
import { brokersIn, metadataRequest } from './kafka-answers.ts';

test('the request says its own size', () => {
  const request = metadataRequest();
  expect(request.readInt32BE(0)).toBe(request.length - 4);
});

/** With a size in front, as a broker sends it. */
function answer(...brokers: { id: number; host: string; rack: string | null }[]): Buffer {
  const text = (value: string) => [value.length >> 8, value.length & 255, ...Buffer.from(value)];
  const list = brokers.flatMap(({ id, host, rack }) => [
    ...[0, 0, 0, id, ...text(host), 0, 0, 35, 132],
    ...(rack === null ? [255, 255] : text(rack)),
  ]);
  const body = Buffer.from([
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    brokers.length,
    ...list,
    255,
    255,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

test('the ids of the brokers are read once all of it has arrived', () => {
  const response = answer({ id: 3, host: '127.0.0.1', rack: null }, { id: 1, host: 'kafka', rack: 'a' });
  expect(brokersIn(response)).toEqual([3, 1]);
  expect(brokersIn(answer())).toEqual([]);
  expect(brokersIn(response.subarray(0, response.length - 1))).toBeUndefined();
  expect(brokersIn(Buffer.alloc(0))).toBeUndefined();
});
