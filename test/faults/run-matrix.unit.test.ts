import { expect, test } from 'vitest';
import { minutesOf } from './minutes.ts';
import { roundsOf } from './run-matrix.ts';

test('every seed runs every fault, and the long ones run last, with the first seed', () => {
  const chosen = [{ id: 'F1' }, { id: 'F20', once: true }, { id: 'F2' }];
  const rounds = roundsOf(chosen, [7, 8]).map(({ scenario, seed }) => `${scenario.id} ${seed}`);
  expect(rounds).toEqual(['F1 7', 'F2 7', 'F1 8', 'F2 8', 'F20 7']);
});

test('the long ones take as long as they say, unless they are told', () => {
  expect([minutesOf(30, undefined), minutesOf(30, ''), minutesOf(30, '1.5')]).toEqual([30, 30, 1.5]);
  for (const wrong of ['0', 'x', '-1', '601']) expect(() => minutesOf(30, wrong)).toThrow('FAULTS_MINUTES');
});
