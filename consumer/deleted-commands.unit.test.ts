import { expect, test } from 'vitest';
import { toldLog } from '../test/stack/told-log.ts';
import { deletedUnrun, tellDeletedCommands } from './deleted-commands.ts';

const place = { topic: 'c', partition: 3 };
const done = (...offsets: number[]) => ({
  isDone: (offset: number) => offsets.includes(offset),
  horizon: Math.max(-1, ...offsets) + 1,
});

test('nothing is gone where the log begins at or before the next offset, or all before it is done', () => {
  expect(deletedUnrun(5, 5, done())).toBeUndefined();
  expect(deletedUnrun(5, 2, done())).toBeUndefined();
  expect(deletedUnrun(0, 3, done(0, 1, 2, 7))).toBeUndefined();
});

test('what is not done is gone: between what is done, and behind it', () => {
  expect(deletedUnrun(2, 6, done())).toEqual({ first: 2, last: 5, commands: 4 });
  expect(deletedUnrun(2, 6, done(2, 4, 5))).toEqual({ first: 3, last: 3, commands: 1 });
  expect(deletedUnrun(0, 6, done(0, 2))).toEqual({ first: 1, last: 5, commands: 4 });
  expect(deletedUnrun(0, 4, done(0, 2, 9))).toEqual({ first: 1, last: 3, commands: 2 });
});

test('agrees with a look at each offset', () => {
  for (let from = 0; from < 6; from++)
    for (let logStart = 0; logStart < 8; logStart++)
      for (let bits = 0; bits < 64; bits++) {
        const known = done(...[0, 1, 2, 3, 4, 5].filter((offset) => (bits >> offset) & 1));
        const gone = Array.from({ length: 8 }, (_, i) => i).filter(
          (offset) => offset >= from && offset < logStart && !known.isDone(offset),
        );
        const expected = gone.length === 0 ? undefined : { first: gone[0], last: gone.at(-1), commands: gone.length };
        expect(deletedUnrun(from, logStart, known)).toEqual(expected);
      }
});

test('is an error that names the partition, the offsets and what to do', () => {
  const { log, told } = toldLog();
  tellDeletedCommands(log, place, 6, undefined);
  expect(told()).toEqual([]);
  tellDeletedCommands(log, place, 6, { first: 2, last: 5, commands: 4 });
  expect(told()).toEqual([
    {
      ...{ level: 50, topic: 'c', partition: 3, first: 2, last: 5, commands: 4, logStart: 6 },
      msg: expect.stringMatching(/^commands were deleted before they ran.*PUTLOG_COMMAND_RETENTION_MS/),
    },
  ]);
});
