import { expect, test } from 'vitest';
import { foldLog } from './fold.ts';
import { eventOf, logged, soundHistory, topic } from './invariants.fixture.ts';

const { log } = soundHistory();
const command = log.commands[0]?.command;
const at = (partition: number, offset: number, more = {}) => ({
  ...{ position: { topic, partition, offset }, value: null },
  command: command && { ...command, ...more },
});
const only = (commands: ReturnType<typeof at>[], events: ReturnType<typeof logged>[] = []) => [
  ...foldLog({ commands, events }).values(),
];

test('of two commands without an event the one nearer the front of the log counts', () => {
  for (const list of [
    [at(3, 9), at(3, 2), at(4, 1)],
    [at(4, 1), at(3, 2), at(3, 9)],
  ])
    expect(only(list)).toMatchObject([{ state: 'queued', command: { partition: 3, offset: 2 }, eventOffset: -1 }]);
});

test('the last event counts, whatever stands in the commands', () => {
  const started = logged(4, eventOf('k.0', 2, { kind: 'started', result: null }));
  const done = logged(7, eventOf('k.0', 2));
  for (const events of [
    [started, done],
    [done, started],
  ])
    expect(only([at(3, 2), at(3, 1)], events)).toMatchObject([
      { state: 'succeeded', finishedAt: 3_000, eventOffset: 7 },
    ]);
  expect(only([], [started])).toMatchObject([{ state: 'running', finishedAt: null, createdAt: 1_000 }]);
});

test('rejected duplicates and unreadable records tell nothing of a job', () => {
  const events = [
    logged(4, eventOf('k.0', 2, { kind: 'rejected' })),
    logged(5, eventOf('', 3, { kind: 'dead', type: '' })),
  ];
  expect(only([at(3, 2)], events)).toMatchObject([{ state: 'queued' }]);
  expect(only([], events)).toEqual([]);
});

test('a later generation begins anew', () => {
  const events = [logged(4, eventOf('k.0', 2, { kind: 'dead', error: '{}' }))];
  expect(only([at(3, 2), at(3, 8, { generation: 1 })], events)).toMatchObject([{ state: 'queued', generation: 1 }]);
  events.push(logged(9, eventOf('k.0', 8, { generation: 1 })), logged(10, eventOf('k.0', 2)));
  expect(only([at(3, 2), at(3, 8, { generation: 1 })], events)).toMatchObject([{ state: 'succeeded', eventOffset: 9 }]);
});
