import { expect, test } from 'vitest';
import { childTraceparent, recordHeaders } from './record-headers.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = `00-${trace}-00f067aa0ba902b7-00`;
const whole = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

test('every record carries the attributes of CloudEvents 1.0 and its trace', () => {
  const about = { id: 'a/1/0.1/succeeded', source: '/putlog/workers/w', type: 'putlog.job.succeeded', subject: 'a/1' };
  expect(recordHeaders({ ...about, at: Date.UTC(2026, 0, 2, 3, 4, 5, 6) }, parent)).toEqual({
    ce_specversion: '1.0',
    ce_id: 'a/1/0.1/succeeded',
    ce_source: '/putlog/workers/w',
    ce_type: 'putlog.job.succeeded',
    ce_subject: 'a/1',
    ce_time: '2026-01-02T03:04:05.006Z',
    'content-type': 'application/avro',
    traceparent: parent,
  });
});

test('a child keeps the trace and its flags, and has an id of its own', () => {
  const child = childTraceparent(parent);
  expect(child).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-00$`));
  expect(childTraceparent(parent)).not.toBe(child);
});

test('without a parent begins a trace of its own, each time another', () => {
  const many = Array.from({ length: 2_000 }, () => childTraceparent(undefined));
  expect(many.every((one) => whole.test(one))).toBe(true);
  expect(new Set(many.map((one) => one.slice(3, 35))).size).toBe(2_000);
  expect(new Set(many.map((one) => one.slice(36, 52))).size).toBe(2_000);
});

test.each([
  ['empty', ''],
  ['no trace context', 'hello'],
  ['a trace of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
  ['a parent of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
  ['upper case', parent.toUpperCase()],
  ['more than there should be', `${parent}-x`],
  ['a line break in it', `${parent}\n`],
])('a parent that is %s is not taken over', (_, invalid) => {
  const child = childTraceparent(invalid);
  expect(child).toMatch(whole);
  expect(child).not.toContain(trace);
});
