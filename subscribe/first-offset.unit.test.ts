// Where a group begins, on a log of two partitions that answers as Kafka does: partition 0 has offsets 10 to 13, partition 1 has 0 to 2.
import { describe, expect, test } from 'vitest';
import { createFirstOffset } from './first-offset.ts';
import { type StartFrom, startOf } from './start-from.ts';

const topic = 'putlog.events';
/** [first offset, times of the records] */
const partitions: [number, number[]][] = [
  [10, [100, 200, 300, 400]],
  [0, [150, 250, 350]],
];
const at = (partition: number) => partitions[partition] ?? [0, []];
const log: Parameters<typeof createFirstOffset>[0] = {
  offsets: async (_, edge) =>
    new Map([[topic, partitions.map(([first, times]) => (edge === 'earliest' ? first : first + times.length))]]),
  async offsetAt(_, partition, time) {
    const [first, times] = at(partition);
    const index = times.findIndex((one) => one >= time);
    return index < 0 ? undefined : first + index;
  },
  async fetch(_, partition, offset) {
    const [first, times] = at(partition);
    if (offset < first || offset > first + times.length) throw Object.assign(new Error('out of range'), { code: 1 });
    const records = times
      .map((timestamp, index) => ({ offset: first + index, timestamp, key: null, value: null, headers: {} }))
      .filter((record) => record.offset >= offset);
    return { records, next: first + times.length, end: first + times.length };
  },
};
const firstOffsets = (from: StartFrom) => {
  const first = createFirstOffset(log, topic, startOf(from, topic));
  return Promise.all([first(0), first(1)]);
};

describe('the first offsets', () => {
  test.each<[string, StartFrom, number[]]>([
    ['the beginning', 'beginning', [10, 0]],
    ['the end', 'latest', [14, 3]],
    ['a time', new Date(250), [12, 1]],
    ['a time as text', '1970-01-01T00:00:00.300+00:00', [12, 2]],
    ['a time before all', new Date(0), [10, 0]],
    ['a time after all: nothing that is there', new Date(1_000), [14, 3]],
    ['a position: the other partition from the time of that record', 'putlog.events/0@11', [11, 1]],
    ['a position as an object', { topic, partition: 1, offset: 2 }, [13, 2]],
    ['a position whose record is gone: the other from the first that is left', 'putlog.events/0@3', [3, 0]],
    ['a position that is not there yet: the other from its end', 'putlog.events/1@3', [14, 3]],
  ])('%s', async (_, from, expected) => {
    expect(await firstOffsets(from)).toEqual(expected);
  });
});

test.each<[StartFrom, RegExp]>([
  ['yesterday', /from is 'beginning', 'latest', a time .* not "yesterday"/],
  ['2026-11-22', /RFC 3339/],
  [new Date(Number.NaN), /an invalid Date/],
  ['putlog.commands.default.normal/0@3', /events are in putlog.events: give the position of an event/],
  [{ topic, partition: -1, offset: 0 }, /cannot be: putlog.events\/-1@0/],
])('%s is refused', (from, reason) => {
  expect(() => startOf(from, topic)).toThrow(reason);
});
