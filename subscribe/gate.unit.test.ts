import { expect, test } from 'vitest';
import { createGate } from './gate.ts';

const never = new AbortController().signal;

test('as many as there are slots, then in the order of asking', async () => {
  const gate = createGate(2);
  const entered: number[] = [];
  const all = [0, 1, 2, 3].map(async (n) => {
    await gate.enter(never);
    entered.push(n);
  });
  await Promise.all(all.slice(0, 2));
  expect(entered).toEqual([0, 1]);
  gate.leave();
  await all[2];
  expect(entered).toEqual([0, 1, 2]);
  gate.leave();
  await all[3];
});

test('while it is paused nobody enters; pausing ends when the last has left', async () => {
  const gate = createGate(1);
  await gate.enter(never);
  let quiet = false;
  const paused = gate.pause().then(() => {
    quiet = true;
  });
  const next = gate.enter(never);
  await Promise.resolve();
  expect(quiet).toBe(false);
  gate.leave();
  await paused;
  expect(await Promise.race([next, Promise.resolve('waits')])).toBe('waits');
  gate.resume();
  expect(await next).toBe(true);
});

test('whoever gives up takes no slot', async () => {
  const gate = createGate(1);
  await gate.enter(never);
  const giving = new AbortController();
  const first = gate.enter(giving.signal);
  const second = gate.enter(never);
  giving.abort();
  expect(await first).toBe(false);
  expect(await gate.enter(giving.signal)).toBe(false);
  gate.leave();
  expect(await second).toBe(true);
});
