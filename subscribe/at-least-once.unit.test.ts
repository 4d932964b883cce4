// A partition by the group's offsets: order, retries in place, what is dead, and that nothing is done which is not.
import { expect, test } from 'vitest';
import { createAtLeastOnce } from './at-least-once.ts';
import type { DeadEvent } from './dead-event.ts';
import type { SubscribedEvent } from './subscribed-event.ts';
import { partOf, silent } from './subscriber.fixture.ts';

const retry = { attempts: 3, backoffMs: 0, maxBackoffMs: 0 };
type Given = {
  names: readonly string[];
  handler: (event: SubscribedEvent) => unknown;
  onDead?: (dead: DeadEvent, error: Error) => unknown;
  committed?: number;
};

async function open({ names, handler, onDead = () => undefined, committed }: Given) {
  const { part, take, gate } = partOf(names, committed ?? 5);
  const stopping = new AbortController();
  const commits: number[] = [];
  const commit = async (_: number, next: number) => void commits.push(next);
  const opening = createAtLeastOnce({
    ...{ take, gate, handler, onDead, retry, log: silent, commit },
    ...{ committed: async () => committed, firstOffset: async () => 5 },
  });
  return { place: await opening(0, stopping.signal), part, gate, stopping, commits };
}

test('one after the other, and each is done when its handler has returned', async () => {
  const told: string[] = [];
  const done: number[] = [];
  const { place, part } = await open({
    names: ['a', '-', 'b', 'a'],
    async handler({ job, position }) {
      done.push(place.done());
      await new Promise((resolve) => setImmediate(resolve));
      told.push(`${job} ${position}`);
    },
  });
  await place.apply(part);
  expect(told).toEqual([
    'word.count/a test.events/0@5',
    'word.count/b test.events/0@7',
    'word.count/a test.events/0@8',
  ]);
  expect(done).toEqual([5, 7, 8]);
  expect(place.done()).toBe(9);
});

test('where nothing is committed the first offset is, before anything is handled', async () => {
  const handler = () => undefined;
  expect((await open({ names: ['a'], handler })).commits).toEqual([5]);
  const later = await open({ names: ['a'], handler, committed: 7 });
  expect([later.commits, later.place.next]).toEqual([[], 7]);
});

test('what throws is handled again, in its place', async () => {
  const told: string[] = [];
  const { place, part } = await open({
    names: ['a', 'b'],
    handler({ jobId }) {
      told.push(jobId);
      if (jobId === 'a' && told.length < 3) throw new Error('not yet');
    },
  });
  await place.apply(part);
  expect(told).toEqual(['a', 'a', 'a', 'b']);
});

test('what has had all its attempts is dead, and so is what cannot be decoded; the others go on', async () => {
  const dead: [string, number, string | undefined, string][] = [];
  const { place, part } = await open({
    names: ['a', '', 'b'],
    handler({ jobId }) {
      if (jobId === 'a') throw new TypeError('never');
    },
    onDead: ({ position, attempts, event }, { message }) => dead.push([position, attempts, event?.job, message]),
  });
  await place.apply(part);
  expect(dead).toEqual([
    ['test.events/0@5', 3, 'word.count/a', 'never'],
    ['test.events/0@6', 0, undefined, 'the value begins with byte 1, not with 0'],
  ]);
  expect(place.done()).toBe(8);
});

test('a dead event that nobody takes is offered until somebody does', async () => {
  let offered = 0;
  const { place, part } = await open({
    names: [''],
    handler: () => undefined,
    onDead() {
      if (++offered < 10) throw new Error('nobody is there');
    },
  });
  await place.apply(part);
  expect([offered, place.done()]).toEqual([10, 6]);
});

test.each([
  ['in the middle of retries', 'throws'],
  ['while it is paused', 'paused'],
])('stopped %s, the event is not done', async (_, how) => {
  let calls = 0;
  const { place, part, gate, stopping } = await open({
    names: ['a', 'b'],
    handler({ jobId }) {
      calls++;
      if (jobId === 'a') return;
      stopping.abort();
      throw new Error(how);
    },
  });
  if (how === 'paused') {
    await gate.pause();
    setImmediate(() => stopping.abort());
  }
  await place.apply(part);
  expect([calls, place.done()]).toEqual(how === 'paused' ? [0, 5] : [2, 6]);
});
