import { expect, test } from 'vitest';
import { createStandstill, type Progress } from './watchdog.ts';

const at = (offset: number, end = 100, busy = false): Progress[] => [{ name: 'p', at: offset, end, busy }];

test('records wait and nothing moves: it is named once the time is up', () => {
  const standstill = createStandstill(100);
  expect(standstill.seen(at(5), 1_000)).toEqual([]);
  expect(standstill.seen(at(5, 200), 1_099)).toEqual([]);
  expect(standstill.seen(at(5, 300), 1_100)).toEqual(['p']);
});

test.each<[string, Progress[]]>([
  ['it moved', at(6)],
  ['there was nothing to take', at(5, 5)],
  ['it could take no more', at(5, 100, true)],
  ['it was not ours', []],
])('%s in between: the time begins anew', (_, between) => {
  const standstill = createStandstill(100);
  standstill.seen(at(5), 0);
  expect(standstill.seen(between, 90)).toEqual([]);
  const offset = between[0]?.at ?? 5;
  expect(standstill.seen(at(offset), 150)).toEqual([]);
  expect(standstill.seen(at(offset), 260)).toEqual(['p']);
});

test('while nothing can be looked at, nothing stands still', () => {
  const standstill = createStandstill(100);
  standstill.seen(at(5), 0);
  standstill.unknown();
  expect(standstill.seen(at(5), 500)).toEqual([]);
  expect(standstill.seen(at(5), 600)).toEqual(['p']);
});
