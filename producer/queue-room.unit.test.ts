// A queue with as much as it may hold takes no more, its neighbours do; what cannot be asked refuses nobody.
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { watchQueueRoom } from './queue-room.ts';
import type { QueueStatus } from './queues.ts';

const queue = (name: string, depth: number): QueueStatus => ({
  name,
  depth,
  types: [],
  pausedAt: null,
  oldestAt: null,
});

test('full, not full any more, and not known', async () => {
  const state: { all: QueueStatus[] | Error } = { all: [queue('a', 10), queue('b', 9)] };
  const all = async () => {
    if (state.all instanceof Error) throw state.all;
    return state.all;
  };
  const log = pino({ level: 'silent' });
  const { assertRoom, look, close } = watchQueueRoom({ queues: { all }, most: 10, log, everyMs: 60_000 });
  expect(() => assertRoom('a')).not.toThrow();
  await look();
  expect(() => assertRoom('a')).toThrow(expect.objectContaining({ code: 'queue-full', retryAfter: 5 }));
  expect(() => assertRoom('b')).not.toThrow();
  state.all = [queue('a', 9), queue('b', 11)];
  await look();
  expect(() => assertRoom('a')).not.toThrow();
  expect(() => assertRoom('b')).toThrow('11 jobs wait in the queue "b", and 10 may');
  state.all = new Error('away');
  await look();
  expect(() => assertRoom('b')).not.toThrow();
  close();
});

test('looks do not pile up', async () => {
  const answers: ((all: QueueStatus[]) => void)[] = [];
  const all = () => new Promise<QueueStatus[]>((resolve) => answers.push(resolve));
  const { look, close } = watchQueueRoom({ queues: { all }, most: 1, log: pino({ level: 'silent' }), everyMs: 60_000 });
  const both = Promise.all([look(), look()]);
  expect(answers).toHaveLength(1);
  answers[0]?.([]);
  await both;
  close();
});
