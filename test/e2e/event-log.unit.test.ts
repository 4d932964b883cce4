// The checks of the end-to-end tests are checked themselves: one that cannot fail proves nothing.
import { expect, test } from 'vitest';
import { breachesOfOneOutcome, type SeenRecord, terminalEvents } from './event-log.ts';

const seen = (...kinds: [subject: string, kind: string][]): SeenRecord[] =>
  kinds.map(([subject, kind], offset) => ({ partition: 0, offset, type: `putlog.${kind}`, subject }));

test('one outcome: fences, starts and rejected repeats are none', () => {
  const records = seen(['x', 'fence'], ['t/1', 'job.started'], ['t/1', 'job.succeeded'], ['t/1', 'job.rejected']);
  expect(terminalEvents(records)).toEqual(new Map([['t/1', ['succeeded']]]));
  expect(breachesOfOneOutcome(records, new Map([['t/1', 'succeeded']]))).toEqual([]);
});

test.each<[string, SeenRecord[], [string, string[]][]]>([
  ['one is missing', [], [['t/1', []]]],
  ['one came twice', seen(['t/1', 'job.succeeded'], ['t/1', 'job.succeeded']), [['t/1', ['succeeded', 'succeeded']]]],
  ['two differ', seen(['t/1', 'job.succeeded'], ['t/1', 'job.failed']), [['t/1', ['succeeded', 'failed']]]],
  ['another kind', seen(['t/1', 'job.dead']), [['t/1', ['dead']]]],
  ['out of nothing', seen(['t/1', 'job.succeeded'], ['t/2', 'job.succeeded']), [['t/2', ['succeeded']]]],
])('a breach is found: %s', (_, records, breaches) => {
  expect(breachesOfOneOutcome(records, new Map([['t/1', 'succeeded']]))).toEqual(breaches);
});
