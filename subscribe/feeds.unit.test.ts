// Reading ahead, from a cluster that answers as Kafka does: in order and without a gap, whoever leads; no further than there is room; and
// what is gone is told.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { toldLog } from '../test/stack/told-log.ts';
import { createFeeds, type Feed, type FeedsOptions } from './feeds.ts';

const topic = 'test.events';
const outOfRange = () => Object.assign(new Error('out of range'), { code: 1 });
const open: { close: () => Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((feeds) => feeds.close())));

/** Two partitions, which two brokers lead. */
function createLog({ perFetch = 3, bytes = 10 } = {}) {
  const ends = [0, 0];
  const starts = [0, 0];
  const leaders = ['a', 'b'];
  const fetches: [string, number[]][] = [];
  let failures = 0;
  const recordAt = (offset: number): FetchedRecord => ({
    ...{ offset, timestamp: offset, key: null, value: Buffer.alloc(bytes), headers: {} },
  });
  const cluster: FeedsOptions['cluster'] = {
    watch: async () => undefined,
    refresh: async () => undefined,
    close: async () => undefined,
    partitionsByLeader: () => Map.groupBy([0, 1], (partition) => leaders[partition] ?? 'none'),
    offsets: async (_, at) => new Map([[topic, at === 'earliest' ? [...starts] : [...ends]]]),
    async fetchTogether(nodeId, _topic, offsets) {
      await turn();
      fetches.push([nodeId, [...offsets.keys()]]);
      if (failures-- > 0) throw new Error('the broker is away');
      return new Map(
        [...offsets].map(([partition, from]) => {
          const [start = 0, end = 0] = [starts[partition], ends[partition]];
          if (from < start || from > end) throw outOfRange();
          const next = Math.min(end, from + perFetch);
          const records = Array.from({ length: next - from }, (_unused, n) => recordAt(from + n));
          return [partition, { records, next, end }] as const;
        }),
      );
    },
  };
  const fail = (times: number) => {
    failures = times;
  };
  return { cluster, ends, starts, leaders, fetches, fail };
}

function start(cluster: FeedsOptions['cluster']) {
  const { log, told } = toldLog();
  const fatal = Promise.withResolvers<unknown>();
  const feeds = createFeeds({ cluster, topic, log, fatal: fatal.resolve });
  open.push(feeds);
  return { feeds, told, fatal: fatal.promise };
}

async function takeUntil(feed: Feed, offset: number): Promise<number[]> {
  const taken: number[] = [];
  while (taken.at(-1) !== offset) {
    const part = await feed.take();
    if (part === undefined) throw new Error('the feed is closed');
    taken.push(...part.records.map((record) => record.offset));
  }
  return taken;
}

test('in order and each once, while brokers fail and a leader moves', async () => {
  const { cluster, ends, leaders, fail } = createLog();
  ends.fill(10);
  const { feeds } = start(cluster);
  const [zero, one] = [feeds.open(0, 2), feeds.open(1, 0)];
  expect(await takeUntil(zero, 9)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  fail(3);
  leaders[0] = 'b';
  ends.fill(20);
  expect(await takeUntil(zero, 19)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  expect(await takeUntil(one, 19)).toHaveLength(20);
});

test('no further ahead than there is room, and on when there is', async () => {
  const { cluster, ends, fetches } = createLog({ bytes: 100_000 });
  ends[0] = 100;
  const { feeds } = start(cluster);
  const feed = feeds.open(0, 0);
  const asked = () => fetches.filter(([, partitions]) => partitions.includes(0)).length;
  for (let n = 0; n < 100; n++) await turn();
  // Three records of 100 kB an answer, and half a MiB in all.
  expect(asked()).toBe(2);
  await feed.take();
  for (let n = 0; n < 100; n++) await turn();
  expect(asked()).toBe(3);
});

test('what was deleted before it was read is told with its offsets; what is left follows', async () => {
  const { cluster, ends, starts } = createLog();
  ends[0] = 10;
  starts[0] = 7;
  const { feeds, told } = start(cluster);
  expect(await takeUntil(feeds.open(0, 4), 9)).toEqual([7, 8, 9]);
  expect(told()).toMatchObject([{ level: 50, topic, partition: 0, first: 4, last: 6 }]);
});

test('a partition that is opened anew is read from there; who waited is let go', async () => {
  const { cluster, ends } = createLog();
  ends[0] = 5;
  const { feeds } = start(cluster);
  const first = feeds.open(0, 0);
  await takeUntil(first, 4);
  const waiting = first.take();
  first.close();
  expect(await waiting).toBeUndefined();
  expect(await takeUntil(feeds.open(0, 1), 4)).toEqual([1, 2, 3, 4]);
});
