// One partition from its assignment to its end: when it is opened, that what is in hand is finished, and what becomes of one that was lost.
import { expect, test } from 'vitest';
import type { FetchedPart } from '../platform/fetched-part.ts';
import { LostPlaceError, type OpenPlace } from './place.ts';
import { runPartition } from './run-partition.ts';
import { silent as log } from './subscriber.fixture.ts';

const part = (next: number): FetchedPart => ({ records: [], next, end: next });

function setUp(apply: (part: FetchedPart) => Promise<void>, after = Promise.resolve()) {
  const told: string[] = [];
  const parts = [part(1), part(2)];
  const fatal = Promise.withResolvers<unknown>();
  const open: OpenPlace = async () => {
    told.push('open');
    return { next: 0, done: () => 7, apply, close: async () => void told.push('close') };
  };
  const feeds = {
    open() {
      const closed = Promise.withResolvers<undefined>();
      return { take: async () => parts.shift() ?? closed.promise, close: () => closed.resolve(undefined) };
    },
  };
  const run = runPartition({ partition: 0, open, feeds, after, lostForMs: 1, log, fatal: fatal.resolve });
  return { run, told, fatal: fatal.promise };
}

test('it is opened once whoever had it here has let go, and not at all if it is stopped before', async () => {
  const gone = Promise.withResolvers<void>();
  const { run, told } = setUp(async () => undefined, gone.promise);
  await Promise.resolve();
  expect([told, run.done()]).toEqual([[], undefined]);
  gone.resolve();
  await run.opened;
  expect([told, run.done()]).toEqual([['open'], 7]);
  await run.stop();
  const never = setUp(async () => undefined, new Promise((resolve) => setImmediate(resolve)));
  await never.run.stop();
  await never.run.opened;
  expect(never.told).toEqual([]);
});

test('stopped, it finishes what is in hand and begins nothing', async () => {
  const inHand = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const applied: number[] = [];
  const { run, told } = setUp(async ({ next }) => {
    inHand.resolve();
    await goOn.promise;
    applied.push(next);
  });
  await inHand.promise;
  const stopped = run.stop();
  expect(told).toEqual(['open']);
  goOn.resolve();
  await stopped;
  expect([applied, told]).toEqual([[1], ['open', 'close']]);
});

test('one that was lost is opened anew; any other error is the end of the subscription', async () => {
  let calls = 0;
  const { told, fatal } = setUp(async () => {
    calls++;
    throw calls === 1 ? new LostPlaceError('somebody else') : new TypeError('a fault of ours');
  });
  expect(await fatal).toBeInstanceOf(TypeError);
  expect(told).toEqual(['open', 'close', 'open', 'close']);
});
