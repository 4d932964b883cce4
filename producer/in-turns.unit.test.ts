import { setImmediate as breath } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inTurns } from './in-turns.ts';

test('everyone is called once, also who comes meanwhile; others have a turn in between', async () => {
  const all = new Set(Array.from({ length: 120 }, (_, n) => n));
  const called: number[] = [];
  const done = inTurns(all, (one) => called.push(one));
  expect(called).toHaveLength(50);
  all.add(120);
  all.delete(119);
  await breath();
  expect(called).toHaveLength(100);
  await done;
  expect(called).toEqual([...Array(119).keys(), 120]);
});
