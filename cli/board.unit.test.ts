// What `putlog watch` and `putlog lag` show of what they hear, and how a screen is drawn over.
import { expect, test } from 'vitest';
import type { PartitionLag } from '../platform/lag.ts';
import { createBoard } from './board.ts';
import { lagRows } from './lag-command.ts';
import { createScreen } from './screen.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const wide = { colours: false, columns: () => 200 };
const heard = (job: string, kind: string, ms: number, more: object = {}) => ({
  ...{ job, kind, at: new Date(now - ms).toISOString(), attempt: 1, ...more },
});

test('the jobs of which something was heard last, the latest first; and the queues', () => {
  const board = createBoard('putlog watch');
  board.waiting([{ name: 'default', types: ['a.b'], paused: false, depth: 3 }]);
  board.heard(heard('a.b/1', 'started', 3_000));
  board.heard(heard('a.b/2', 'started', 2_000));
  board.heard(heard('a.b/1', 'dead', 1_000, { error: { detail: 'no\u001b[2J good' } }));
  board.heard(heard('a.b/3', 'rejected', 500));
  const lines = board.lines(wide, now);
  expect(lines.slice(0, 4)).toEqual([
    'putlog watch  03:04:05Z  ^C ends',
    '',
    'QUEUE    DEPTH  OLDEST  STATE  TYPES',
    'default      3          open   a.b',
  ]);
  expect(lines.slice(5)).toEqual([
    'SINCE      STATE    JOB    ATTEMPT  DETAIL',
    '1.0 s ago  failed   a.b/1        1  no\\u001b[2J good',
    '2.0 s ago  running  a.b/2        1',
  ]);
});

test('what it knows is bounded, and lines fit', () => {
  const board = createBoard('x'.repeat(200));
  for (let n = 0; n < 1_000; n++) board.heard(heard(`a.b/${n}`, 'succeeded', 0));
  const lines = board.lines({ colours: false, columns: () => 40 }, now);
  expect(lines.length).toBeLessThan(120);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
  expect(lines.join('\n')).toContain('a.b/999');
  expect(lines.join('\n')).not.toContain('a.b/899');
});

test('trouble is said above all, until it is over', () => {
  const board = createBoard('putlog watch');
  board.trouble('the API does not answer');
  expect(board.lines(wide, now)[0]).toContain('the API does not answer');
  board.trouble(undefined);
  expect(board.lines(wide, now)[0]).not.toContain('the API does not answer');
});

test('a screen draws over what it drew, never more than there are rows, and gives the cursor back', () => {
  const drawn: string[] = [];
  const screen = createScreen({ draw: (text) => void drawn.push(text), rows: () => 4 });
  screen.show(['a', 'b', 'c', 'd', 'e']);
  screen.show(['f']);
  screen.show(['g', 'h']);
  screen.close();
  expect(drawn).toEqual([
    '\x1b[?25l\x1b[?7l',
    '\ra\x1b[K\nb\x1b[K\nc\x1b[K\n\x1b[J',
    '\x1b[3A\rf\x1b[K\n\x1b[J',
    '\x1b[1A\rg\x1b[K\nh\x1b[K\n\x1b[J',
    '\x1b[?7h\x1b[?25h',
  ]);
});

const lag = (partition: number, workers: number, projector: number | null): PartitionLag => ({
  ...{ topic: 't', partition, start: 0, end: 100, queue: 'default', lane: 'high', workers, projector },
  oldestAt: workers === 0 ? null : now - 1_000 * partition,
});

test('lag: the sum of a lane, and the partitions in which something waits', () => {
  const events = { ...lag(0, 0, 7), topic: 'e', queue: null, lane: null, workers: null };
  expect(lagRows([lag(0, 0, 0), lag(1, 2, 0), lag(2, 5, 1), events], false, now)).toEqual([
    ['default', 'high', 'all', 300, 7, '2.0 s', 1],
    ['default', 'high', '1', 100, 2, '1.0 s', 0],
    ['default', 'high', '2', 100, 5, '2.0 s', 1],
    ['(events)', '', 'all', 100, undefined, undefined, 7],
    ['(events)', '', '0', 100, undefined, undefined, 7],
  ]);
  expect(lagRows([lag(0, 0, 0), lag(1, 0, null)], true, now)).toHaveLength(3);
  expect(lagRows([lag(0, 0, null)], false, now)).toEqual([['default', 'high', 'all', 100, 0, undefined, undefined]]);
});
