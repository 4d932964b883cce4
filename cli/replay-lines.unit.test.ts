import { expect, test } from 'vitest';
import type { Replayed } from '../replay/replay.ts';
import { isSame, replayedLines, replayHead, replayProgressLine, replayRow } from './replay-lines.ts';
import { table } from './table.ts';

const replayed: Replayed = {
  ...{ type: 'word.count', compared: 1_200, equal: 1_200, unended: 0, notOfFunction: 0, repeated: 0, unreadable: 0 },
  erased: 0,
  differ: { result: 0, payload: 0, returned: 0, outcome: 0 },
  ...{ gone: false, interrupted: false, limited: false, ms: 2_345 },
};

test('all the same', () => {
  expect(replayedLines(replayed, 0)).toEqual(['1,200 calls of word.count compared in 2.3 s: 1,200 the same, 0 differ']);
  expect(isSame(replayed)).toBe(true);
  expect(isSame({ ...replayed, interrupted: true }), 'nobody knows').toBe(false);
});

test('what differs, and what could not be compared', () => {
  const some: Replayed = {
    ...{ ...replayed, equal: 1_197, unended: 1, notOfFunction: 2, erased: 4, repeated: 3, unreadable: 1 },
    differ: { result: 2, payload: 1, returned: 0, outcome: 0 },
    ...{ gone: true, interrupted: true, limited: true },
  };
  expect(isSame(some)).toBe(false);
  expect(replayedLines(some, 1)).toEqual([
    'and 1 more: --json tells all',
    '1,200 calls of word.count compared in 2.3 s: 1,197 the same, 3 differ',
    '  2 in their result, 1 whose payload the new schema refuses',
    '1 call has no recorded end: not compared',
    '2 calls were ended by others than their function: not compared',
    'personal fields of 4 calls were erased, there is nothing to call with: not compared',
    '3 commands called a job that had been called before: not run',
    '1 record nobody can read: they tell nothing',
    'the log no longer has all commands from its beginning: earlier calls may be missing',
    '--limit was reached: there may be more',
    'interrupted: what came before it is told above',
  ]);
});

test('the table: control characters of data are shown, not obeyed', () => {
  const rows = [
    replayRow('word.count', {
      ...{ kind: 'result', id: '1', generation: 0, attempt: 1, recorded: 'succeeded', replayed: 'succeeded' },
      ...{ pointer: '/words', was: '3', is: '"\u001b[2J"' },
    }),
    replayRow('word.count', {
      ...{ kind: 'outcome', id: '2', generation: 1, attempt: 3, recorded: 'dead job-failed', replayed: 'succeeded' },
      ...{ pointer: '', was: 'no', is: '{"words":1}' },
    }),
  ];
  expect(table(replayHead, rows, { columns: Number.POSITIVE_INFINITY, colours: false })).toEqual([
    'JOB                          RECORDED         REPLAYED   AT      WAS  IS',
    'word.count/1                 succeeded        succeeded  /words  3    "\\u001b[2J"',
    'word.count/2 (generation 1)  dead job-failed  succeeded  (all)   no   {"words":1}',
  ]);
});

test('the line of progress', () => {
  const progress = { type: 'word.count', read: 500, of: 2_000, perSecond: 1_500, compared: 450, differ: 2 };
  expect(replayProgressLine(progress)).toBe(
    `word.count  ${'█'.repeat(6)}${'░'.repeat(18)}  25 %  500 of 2,000 commands  1,500/s  450 compared  2 differ`,
  );
});
