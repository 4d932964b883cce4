import { expect, test } from 'vitest';
import { growthPercent } from './limit-garbage.ts';

const mib = 2 ** 20;

test('a fixed amount where little lives, a part where much does', () => {
  const percents = (least: number) => [8, 32, 64, 128, 400].map((live) => growthPercent(live * mib, least * mib));
  expect(percents(32)).toEqual([200, 100, 50, 40, 40]);
  expect(percents(0)).toEqual([40, 40, 40, 40, 40]);
});
