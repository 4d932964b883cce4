// The holes that are known: what the search must find when a guard is taken out, and the steps that its trace must go
// through, so that it is the hole that is meant. docs/takeover.md tells them in words; the test goes through the list.
import type { Guards } from './guards.ts';
import type { ScenarioName } from './scenarios.ts';

export const twice = '9: an attempt has two outcomes';
const lost = '1: a job is lost';

/** The guard that is out, where that shows, what breaks, and steps that the trace must go through, in this order. */
export const holes: [keyof Guards, ScenarioName, string, string[]][] = [
  [
    'fence',
    'two commands',
    twice,
    ['B reads the log', "A's outcome of 0 arrives: stored", "B's outcome of 0 arrives: stored"],
  ],
  [
    'readBehindFence',
    'two commands',
    twice,
    [
      'B reads the log',
      "A's outcome of 0 arrives: stored",
      "B's fence arrives: stored",
      "B's outcome of 0 arrives: stored",
    ],
  ],
  [
    'oneInFlight',
    'two commands',
    twice,
    [
      "A's outcome of 0 arrives, the answer is lost: stored",
      "A's outcome of 1 arrives: stored",
      'A commits a checkpoint',
      'B reads the log',
      'B runs 0 and sends its outcome',
    ],
  ],
  [
    'resendSameSequence',
    'lost answers and late requests',
    twice,
    [
      "A's outcome of 0 arrives, the answer is lost: stored",
      'A sends its outcome of 0 again',
      "A's outcome of 0 arrives: stored",
    ],
  ],
  ['outcomeBeforeCheckpoint', 'two commands', lost, ['A takes command 0', 'A runs 0 and sends its outcome']],
  ['checkpointNamesUndone', 'two commands', lost, ['A takes command 0', 'A commits a checkpoint']],
  [
    'positionWithOutcome',
    'lost answers and late requests',
    twice,
    [
      "A's outcome of 0 arrives: stored",
      "A's checkpoint is committed",
      'B reads the log',
      'B runs 0 and sends its outcome',
    ],
  ],
  [
    'checkpointWaitsForSkipped',
    'a third owner',
    twice,
    [
      "A's outcome of 0 arrives: stored",
      'B reads the log',
      'B commits a checkpoint',
      'C reads the log',
      'C runs 0 and sends its outcome',
    ],
  ],
  [
    'claims',
    'one job, put twice',
    '2: a job has two outcomes',
    ["A's outcome of 0 arrives: stored", "A's outcome of 1 arrives: stored"],
  ],
  [
    'claimNamesPosition',
    'two commands',
    lost,
    ['A runs 0 and sends its outcome', 'B reads the log', 'B runs 0 and sends its outcome'],
  ],
  [
    'wait',
    'a forgotten identity',
    twice,
    [
      'the coordinator forgets the identity',
      'B opens the identity',
      "A's outcome of 0 arrives: stored",
      'B reads the log',
    ],
  ],
  [
    'everyFenceCounts',
    'a forgotten identity and a third owner',
    twice,
    [
      'the coordinator forgets the identity',
      'B reads the log',
      "B's outcome of 0 arrives: stored",
      "C's outcome of 0 arrives: stored",
    ],
  ],
  [
    'secondFence',
    'a forgotten identity',
    twice,
    ["B's fence arrives: stored", "A's outcome of 0 arrives: stored", 'B has waited', 'B reads the log'],
  ],
  [
    'stopGap',
    'a forgotten identity',
    twice,
    [
      'B has waited',
      "B's fence arrives: stored",
      "A's outcome of 0 arrives: stored",
      "B's outcome of 0 arrives: stored",
    ],
  ],
  [
    'stopGap',
    'a forgotten producer',
    twice,
    [
      "A's outcome of 0 arrives, the answer is lost: stored",
      'the partition forgets producer 1',
      'A sends its outcome of 0 again',
    ],
  ],
  [
    'renewal',
    'a forgotten producer',
    twice,
    [
      "A's outcome of 0 arrives, the answer is lost: stored",
      'the partition forgets producer 1',
      'A sends its outcome of 0 again',
    ],
  ],
  [
    'renewalReads',
    'a renewal',
    twice,
    [
      'A renews its identity',
      "B's outcome of 0 arrives: stored",
      "A's fence arrives: stored",
      "A's outcome of 0 arrives: stored",
    ],
  ],
];
