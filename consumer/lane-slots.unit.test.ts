import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Lane, lanes } from '../schemas/topics.ts';
import { createLaneSlots, createQueueSlots } from './lane-slots.ts';

/** Lanes with so much waiting each; what starts is written down, and ends when the test says so. */
function queueOf(concurrency: number, waiting: Record<Lane, number>) {
  const turns: (() => void)[] = [];
  const slots = createLaneSlots(concurrency, (turn) => turns.push(turn));
  const started: Lane[] = [];
  const running: Lane[] = [];
  const shares = new Map(
    lanes.map((lane) => {
      const go = () => {
        for (let free = share.free; free > 0 && waiting[lane] > 0; free--) {
          waiting[lane]--;
          share.take();
          started.push(lane);
          running.push(lane);
        }
      };
      const share = slots.join(lane, { ready: () => waiting[lane], go });
      return [lane, share] as const;
    }),
  );
  const settle = () => {
    for (const turn of turns.splice(0)) turn();
  };
  return {
    ...{ slots, shares, started, running, waiting },
    wake() {
      shares.get('low')?.wake();
      settle();
    },
    /** The oldest that runs ends. */
    end(at = 0) {
      const [lane] = running.splice(at, 1);
      const share = lane && shares.get(lane);
      share?.give();
      share?.wake();
      settle();
    },
  };
}
const count = (started: readonly Lane[], lane: Lane) => started.filter((one) => one === lane).length;

test('what is urgent goes first, whoever asks first', () => {
  const queue = queueOf(100, { high: 3, normal: 3, low: 3 });
  expect([...queue.shares.values()].map(({ free }) => free)).toEqual([100 - 6, 100 - 6, 100 - 6]);
  queue.wake();
  expect(queue.started).toEqual(['high', 'high', 'high', 'normal', 'normal', 'normal', 'low', 'low', 'low']);
});

test('a freed slot goes to the most urgent, past any backlog', () => {
  const queue = queueOf(4, { high: 0, normal: 0, low: 2_000 });
  queue.wake();
  expect(queue.started).toEqual(['low', 'low', 'low', 'low']);
  queue.waiting.high = 1;
  queue.end();
  expect(queue.started.at(-1)).toBe('high');
});

test('a lane alone has all slots; nothing is kept for one that has nothing ready', () => {
  for (const lane of lanes) {
    const queue = queueOf(4, { high: 0, normal: 0, low: 0, [lane]: 9 });
    queue.wake();
    expect(queue.started).toHaveLength(4);
  }
});

describe('never starved: a twentieth of the slots, one at least, as long as there is something ready', () => {
  test.each([
    [100, 5],
    [40, 2],
    [20, 1],
    [4, 1],
  ])('of %d slots %d for low, and as many for normal', (concurrency, part) => {
    const queue = queueOf(concurrency, { high: 1e6, normal: 1e6, low: 1e6 });
    queue.wake();
    for (let n = 0; n < 50 * concurrency; n++) queue.end();
    const running = (lane: Lane) => count(queue.running, lane);
    expect(lanes.map(running)).toEqual([concurrency - 2 * part, part, part]);
    expect(count(queue.started, 'low')).toBeGreaterThanOrEqual(queue.started.length * 0.05);
  });

  test('long calls of low do not take more and more slots from high', () => {
    const queue = queueOf(20, { high: 1e6, normal: 0, low: 1e6 });
    queue.wake();
    // Whatever of low runs never ends.
    for (let n = 0; n < 1_000; n++) queue.end(queue.running.indexOf('high'));
    expect(count(queue.running, 'low')).toBe(1);
  });

  test.each([1, 2, 3])('%d slots are too few to keep any: every twentieth start', (concurrency) => {
    const queue = queueOf(concurrency, { high: 1e6, normal: 0, low: 1e6 });
    queue.wake();
    for (let n = 0; n < 2_000; n++) queue.end();
    const low = count(queue.started, 'low');
    expect(low / queue.started.length).toBeGreaterThanOrEqual(0.049);
    expect(low / queue.started.length).toBeLessThan(0.06);
  });

  test.each([1, 3])('%d slots: normal and low have one start of twenty each', (concurrency) => {
    const queue = queueOf(concurrency, { high: 1e6, normal: 1e6, low: 1e6 });
    queue.wake();
    for (let n = 0; n < 2_000; n++) queue.end();
    for (const lane of ['normal', 'low'] as const)
      expect(count(queue.started, lane) / queue.started.length).toBeGreaterThan(0.045);
    expect(count(queue.started, 'high') / queue.started.length).toBeGreaterThan(0.89);
  });
});

test('whoever leaves gives its slots up, and what it says later changes nothing', () => {
  const queue = queueOf(4, { high: 9, normal: 0, low: 9 });
  queue.wake();
  expect(count(queue.running, 'low')).toBe(1);
  queue.waiting.high = 0;
  const high = queue.shares.get('high');
  high?.leave();
  queue.wake();
  expect(count(queue.running, 'low')).toBe(4);
  high?.give();
  expect(queue.shares.get('low')?.free).toBe(0);
});

test('the lanes of a partition have one budget, other partitions and queues their own', () => {
  const of = createQueueSlots(10);
  const slots = of('p.commands.q.high', 0);
  expect(of('p.commands.q.low', 0)).toBe(slots);
  for (const [topic, partition] of [
    ['p.commands.q.high', 1],
    ['p.commands.r.high', 0],
  ] as const)
    expect(of(topic, partition)).not.toBe(slots);
});

test('whatever comes and ends: never more than there are slots, and never a slot empty that somebody could use', () => {
  const steps = fc.array(fc.record({ lane: fc.constantFrom(...lanes), come: fc.nat(6), end: fc.nat(5) }));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), steps, (concurrency, all) => {
      const queue = queueOf(concurrency, { high: 0, normal: 0, low: 0 });
      for (const { lane, come, end } of all) {
        queue.waiting[lane] += come;
        queue.wake();
        for (let n = 0; n < end && queue.running.length > 0; n++) queue.end(n % queue.running.length);
        expect(queue.running.length).toBeLessThanOrEqual(concurrency);
        const waiting = lanes.reduce((sum, one) => sum + queue.waiting[one], 0);
        if (waiting > 0) expect(queue.running.length).toBe(concurrency);
      }
    }),
  );
});
