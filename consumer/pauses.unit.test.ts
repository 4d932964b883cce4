import { afterEach, expect, test } from 'vitest';
import { createPauses, type Pauses } from './pauses.ts';

let pauses: Pauses | undefined;
afterEach(() => pauses?.close());

function withClock(limitMs: number) {
  const clock = { now: 1_000, wall: 5_000_000 };
  const told: number[] = [];
  const opened = createPauses({ limitMs, now: () => clock.now, wall: () => clock.wall, told: (gap) => told.push(gap) });
  pauses = opened;
  return { clock, told, look: opened.look };
}

test('a process that looks often enough was never stopped', () => {
  const { clock, told, look } = withClock(6_000);
  for (let i = 0; i < 10; i++) {
    clock.now += 6_000;
    expect(look()).toBe(0);
  }
  expect(told).toEqual([]);
});

test('a gap longer than the limit counts once, and is told before the answer', () => {
  const { clock, told, look } = withClock(6_000);
  clock.now += 6_001;
  expect([look(), look()]).toEqual([1, 1]);
  clock.now += 20_000;
  expect(look()).toBe(2);
  expect(told).toEqual([6_001, 20_000]);
});

test('a machine that slept is found by its wall clock', () => {
  const { clock, told, look } = withClock(6_000);
  clock.wall += 3_600_000;
  expect(look()).toBe(1);
  clock.wall -= 3_600_000;
  expect(look()).toBe(1);
  expect(told).toEqual([3_600_000]);
});

test('a blocked event loop is found by itself', async () => {
  const gap = await new Promise<number>((resolve) => {
    pauses = createPauses({ limitMs: 40, told: resolve });
    const until = performance.now() + 80;
    while (performance.now() < until);
  });
  expect(gap).toBeGreaterThan(40);
});
