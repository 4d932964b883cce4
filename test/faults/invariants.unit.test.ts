// Each invariant passes on a sound history and fails on one that breaches it: a check that cannot fail proves nothing.
import { describe, expect, test } from 'vitest';
import { foldLog } from './fold.ts';
import { eventOf, jobOf, logged, ran, soundHistory, topic } from './invariants.fixture.ts';
import { breachesOf } from './invariants.ts';
import type { History } from './invariants-history.ts';
import type { Reading } from './journal.ts';

const unknown = { acked: 0, rejected: 0, unknown: 1, open: 0 };
const dead = { kind: 'dead', type: '', id: '', error: '{"code":"record-undecodable"}' } as const;
const poison = Buffer.from('poison');
const numbersOf = (history: History) => [...new Set(breachesOf(history).map(({ invariant }) => invariant))];

test('a sound history has no breach', () => {
  expect(breachesOf(soundHistory())).toEqual([]);
});

type Sound = ReturnType<typeof soundHistory>;

/** What is changed, how, and which invariants are breached by it. */
const broken: [string, (history: Sound) => void, number[]][] = [
  ['an acknowledged job is not in the log', ({ jobs }) => void jobs.set('fault.ordered/x', jobOf('x')), [1]],
  ['an acknowledged job has begun only', ({ log }) => void log.events.splice(2, 1), [1, 5]],
  ['a job failed that succeeds', ({ jobs }) => void jobs.set('fault.ordered/k.2', jobOf('k.2', { number: 2 })), [1]],
  [
    'a job ran with another payload',
    ({ jobs }) => void jobs.set('fault.ordered/k.0', jobOf('k.0', { number: 0, digest: 'e' })),
    [1],
  ],
  [
    'a job has two terminal events of two attempts',
    ({ log }) => void log.events.splice(1, 0, logged(2, eventOf('k.0', 9, { attempt: 2 }))),
    [2, 5, 9],
  ],
  [
    'a job that is over is announced',
    ({ log }) => void log.events.push(logged(99, eventOf('k.0', 0, { kind: 'started' }))),
    [5, 9],
  ],
  ['an attempt has two outcomes', ({ log }) => void log.events.splice(1, 0, logged(2, eventOf('k.0', 0))), [2, 5, 9]],
  [
    'an attempt is tried again and succeeds',
    ({ log }) => void log.events.splice(0, 0, logged(0, eventOf('k.0', 9, { kind: 'retrying' }))),
    [9],
  ],
  [
    'a command is rejected and has an outcome',
    ({ log }) => void log.events.push(logged(9, eventOf('k.0', 0, { kind: 'rejected' }))),
    [9],
  ],
  [
    'two outcomes of a key are the wrong way round',
    ({ log }) => {
      for (const one of log.events) if (one.event.id === 'k.0') one.offset = 4.5;
    },
    [3, 5],
  ],
  [
    'outcomes of a key are in two partitions',
    ({ log }) => {
      for (const one of log.events) if (one.event.id === 'k.2') one.partition = 4;
    },
    [3],
  ],
  [
    'a call begins before the one before it has ended',
    ({ executions }) => {
      for (const one of executions) if (one.job.endsWith('k.1') && one.what === 'begin') one.at = 15;
    },
    [3],
  ],
  ['a refused job ran', ({ executions }) => void (executions as unknown[]).push(ran('begin', 'no', 99)), [4]],
  [
    'a refused job is in the log',
    ({ jobs }) =>
      void jobs.set('fault.ordered/k.0', jobOf('k.0', { number: 0, answers: { ...unknown, unknown: 0, rejected: 1 } })),
    [4],
  ],
  [
    'an unknown job ended twice',
    ({ jobs, log }) => {
      jobs.set('fault.ordered/k.0', jobOf('k.0', { number: 0, answers: unknown }));
      log.events.splice(1, 0, logged(2, eventOf('k.0', 0)));
    },
    [2, 4, 5, 9],
  ],
  [
    'a call began twice in one term',
    ({ executions }) => void (executions as unknown[]).push(ran('begin', 'k.2', 80, 42)),
    [4],
  ],
  ['a document is behind', ({ documents }) => void Object.assign(documents[0] ?? {}, { state: 'running' }), [5]],
  ['a document is missing', ({ documents }) => void (documents as unknown[]).pop(), [5]],
  [
    'a document is of no job',
    ({ documents }) => void (documents as unknown[]).push({ ...documents[0], _id: 'fault.ordered/other' }),
    [5],
  ],
  ['poison has no dead letter', ({ log }) => void log.events.pop(), [7]],
  [
    'poison is dead twice',
    ({ log }) => void log.events.push(logged(7, eventOf('', 3, { ...dead, original: poison }))),
    [7, 9],
  ],
  [
    'a dead letter has lost a byte',
    ({ log }) => log.events.splice(-1, 1, logged(6, eventOf('', 3, { ...dead, original: poison.subarray(1) }))),
    [7],
  ],
  [
    'a dead letter has no cause',
    ({ log }) => log.events.splice(-1, 1, logged(6, eventOf('', 3, { ...dead, original: poison, error: null }))),
    [7],
  ],
  [
    'a healthy record is dead',
    ({ log }) => void log.events.push(logged(7, eventOf('', 8, { ...dead, original: poison }))),
    [7],
  ],
  [
    'what only the workers cannot read is not dead',
    (history) => Object.assign(history, { poison: [{ topic, partition: 3, offset: 0 }] }),
    [7],
  ],
  [
    'a committed offset went back',
    ({ commits }) => void (commits as unknown[]).push({ group: 'g', topic, partition: 3, offset: 3 }),
    [8],
  ],
  ['lag is left', ({ lags }) => Object.assign(lags[0] ?? {}, { committed: 3 }), [8]],
  ['memory', ({ processes }) => Object.assign(processes[0] ?? {}, { rssBytes: 2 ** 30 }), [10]],
  ['descriptors', ({ processes }) => Object.assign(processes[0] ?? {}, { descriptors: 9_999 }), [10]],
  [
    'memory that grows',
    (history) => {
      const sample = { name: 'api', pid: 40, descriptors: 20 };
      const processes = Array.from({ length: 31 }, (_, minute) => ({
        ...{ ...sample, at: minute * 60_000 },
        rssBytes: (100 + 2 * minute) * 2 ** 20,
      }));
      Object.assign(history, { processes });
    },
    [10],
  ],
  ['a process ended late', ({ terminations }) => Object.assign(terminations[0] ?? {}, { ms: 10_001 }), [10]],
  ['a process was ended', ({ terminations }) => Object.assign(terminations[0] ?? {}, { code: null }), [10]],
];

test.each(broken)('a breach is found: %s', (_, change, invariants) => {
  const history = soundHistory();
  change(history);
  expect(numbersOf(history).sort((a, b) => a - b)).toEqual(invariants);
});

describe('a reader that polls', () => {
  const readings = (...states: [Reading['state'], attempt?: number][]): History => {
    const list = states.map(([state, attempt = 1]) => ({ state, generation: 0, attempt }));
    const job = jobOf('k.0', { number: 0, readings: list });
    return { ...soundHistory(), jobs: new Map([[job.name, job]]) };
  };

  test.each<[[Reading['state'], number?][]]>([
    [[['queued'], ['running'], ['succeeded']]],
    [[['queued'], ['retrying'], ['queued', 2], ['running', 2], ['failed', 2]]],
  ])('may see %j', (states) => expect(breachesOf(readings(...states))).toEqual([]));

  test.each<[[Reading['state'], number?][]]>([
    [[['running'], ['queued']]],
    [[['succeeded'], ['running']]],
    [[['succeeded'], ['failed']]],
    [[['succeeded'], ['succeeded', 2]]],
    [
      [
        ['running', 2],
        ['running', 1],
      ],
    ],
    [[['missing']]],
    [[['succeeded'], ['missing']]],
  ])('never sees %j', (states) => expect(numbersOf(readings(...states))).toEqual([6]));
});

test('memory may grow while a process warms up, and go up and down', () => {
  const history = soundHistory();
  const sample = { name: 'api', pid: 40, descriptors: 20 };
  const processes = Array.from({ length: 31 }, (_, minute) => ({
    ...{ ...sample, at: minute * 60_000 },
    rssBytes: (minute < 10 ? 20 * minute : 200 + 30 * (minute % 2)) * 2 ** 20,
  }));
  expect(breachesOf({ ...history, processes })).toEqual([]);
});

describe('records that were deleted before they were read', () => {
  const position = (offset: number) => ({ topic, partition: 3, offset });
  /** The command k.2 was deleted unrun. */
  function unrun(history = soundHistory()) {
    history.log.events.splice(3, 1);
    const executions = history.executions.filter(({ job }) => job !== 'fault.ordered/k.2');
    const documents = history.documents.map((one) => (one._id === 'fault.ordered/k.2' ? queued(history) : one));
    return { ...history, executions, documents };
  }
  const queued = ({ log }: History) => {
    const document = foldLog({ ...log, events: [] }).get('fault.ordered/k.2');
    if (document === undefined) throw new Error('k.2 is not in the log');
    return document;
  };

  test('a job of which every command is gone has no outcome, and is not missed', () => {
    expect(numbersOf(unrun())).toEqual([1]);
    expect(numbersOf({ ...unrun(), deleted: { unrun: [position(2)], unprojected: [] } })).toEqual([]);
  });

  test('a job of which a command is left is missed', () => {
    const history = unrun();
    const [, , command] = history.log.commands;
    if (command !== undefined) history.log.commands.push({ ...command, position: position(9) });
    expect(numbersOf({ ...history, deleted: { unrun: [position(2)], unprojected: [] } })).toEqual([1]);
  });

  test('a command that is said to be gone unrun has no outcome', () => {
    expect(numbersOf({ ...soundHistory(), deleted: { unrun: [position(0)], unprojected: [] } })).toEqual([1]);
  });

  test('an event that the projector had not read is in no document, and only that one', () => {
    const history = soundHistory();
    const unprojected = [{ partition: 3, offset: 5 }];
    expect(numbersOf({ ...history, deleted: { unrun: [], unprojected } })).toEqual([5]);
    const documents = history.documents.map((one) => (one._id === 'fault.ordered/k.2' ? queued(history) : one));
    expect(numbersOf({ ...history, documents, deleted: { unrun: [], unprojected } })).toEqual([]);
    expect(numbersOf({ ...history, documents })).toEqual([5]);
  });
});

test('growth is that of what is held, where it is told now and then: what the system gave away comes back late', () => {
  const history = soundHistory();
  const samples = (heapMib: (half: number) => number) =>
    Array.from({ length: 301 }, (_, i) => ({
      ...{ name: 'api', pid: 40, descriptors: 20, at: i * 6_000 },
      rssBytes: (100 + i / 2) * 2 ** 20,
      ...(i % 4 === 0 && { heapBytes: heapMib(i) * 2 ** 20 }),
    }));
  expect(numbersOf({ ...history, processes: samples((i) => 50 + (i % 7)) })).toEqual([]);
  expect(numbersOf({ ...history, processes: samples((i) => 50 + i / 5) })).toEqual([10]);
});
