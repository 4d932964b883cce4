import { expect, test } from 'vitest';
import { growthPercent } from './limit-garbage.ts';

const mib = 2 ** 20;

test('a fixed amount where little lives, a part where much does', () => {
  expect([8, 32, 64, 128, 160, 400].map((live) => growthPercent(live * mib))).toEqual([200, 100, 50, 40, 40, 40]);
});
