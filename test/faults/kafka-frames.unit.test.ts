import { expect, test } from 'vitest';
import { answeredCorrelationId, createFrameCutter, requestHead } from './kafka-frames.ts';

function frame(body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function request(apiKey: number, correlationId: number, clientId: string | null, rest = 'payload'): Buffer {
  const head = Buffer.alloc(10);
  head.writeInt16BE(apiKey, 0);
  head.writeInt16BE(7, 2);
  head.writeInt32BE(correlationId, 4);
  head.writeInt16BE(clientId === null ? -1 : Buffer.byteLength(clientId), 8);
  return frame(Buffer.concat([head, Buffer.from(clientId ?? ''), Buffer.from(rest)]));
}

const all = [request(0, 1, 'putlog-worker-12'), request(22, 2, null), frame(Buffer.alloc(0)), request(3, -1, 'é')];

test.each([1, 2, 3, 5, 17, 1_000])('messages come out whole when the stream comes in pieces of %i bytes', (size) => {
  const cut = createFrameCutter();
  const stream = Buffer.concat(all);
  const found: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size) found.push(...cut(stream.subarray(at, at + size)));
  expect(found).toEqual(all);
});

test('what is incomplete stays inside', () => {
  const cut = createFrameCutter();
  const [first = Buffer.alloc(0)] = all;
  expect(cut(first.subarray(0, first.length - 1))).toEqual([]);
  expect(cut(first.subarray(first.length - 1))).toEqual([first]);
});

test('a request says what it asks and who sends it', () => {
  const heads = [all[0], all[1], all[3]].map((one) => requestHead(one ?? Buffer.alloc(0)));
  expect(heads).toEqual([
    { apiKey: 0, apiVersion: 7, correlationId: 1, clientId: 'putlog-worker-12' },
    { apiKey: 22, apiVersion: 7, correlationId: 2, clientId: '' },
    { apiKey: 3, apiVersion: 7, correlationId: -1, clientId: 'é' },
  ]);
});

test('an answer names its request', () => {
  expect(answeredCorrelationId(frame(Buffer.from([0, 0, 1, 2, 9])))).toBe(258);
});
