import { expect, test } from 'vitest';
import { startInStat } from './process-identity.ts';

const stat = (command: string, state: string) =>
  `4242 (${command}) ${state} 1 4242 4242 0 -1 4194304 100 0 0 0 10 5 0 0 20 0 11 0 173877 1000 200`;

test('the start time is found behind any command', () => {
  expect(startInStat(stat('java', 'S'))).toBe('173877');
  expect(startInStat(stat('a) R 1 (b', 'S'))).toBe('173877');
});

test('a zombie counts as gone', () => expect(startInStat(stat('java', 'Z'))).toBeUndefined());
