// No reader is told less than any reader was told before, in whatever order a switch, a rollback, a projector and its death, records and
// readers come; and whatever was interrupted can be finished. Every order of a small model is tried.
import { expect, test } from 'vitest';
import type { Alias } from '../platform/read-model-alias.ts';
import { isDone, type Protocol, rebuilds, stepBack, type World } from './switch-model.fixture.ts';
import { feeding, nextStep } from './switch-version.ts';

const protocol: Protocol = { next: nextStep };

test('in no order of events is anybody told less than somebody before, and every state can be brought to its end', () => {
  const seen = { worlds: 0, done: new Set<string>(), places: new Set<string>() };
  const stuck: World[] = [];
  const found = stepBack(protocol, (world) => {
    seen.worlds++;
    if (isDone(world)) seen.done.add(world.goal);
    // What it does depends on nothing else.
    const { aliases, heard, passed, goal } = world;
    const place = JSON.stringify([aliases, heard, passed, goal]);
    if (seen.places.has(place)) return;
    seen.places.add(place);
    let left: World | undefined = world;
    for (let steps = 0; steps < 12 && left !== undefined && !isDone(left); steps++) left = rebuilds(left, protocol);
    if (left === undefined || !isDone(left)) stuck.push(world);
  });
  expect(found).toBeUndefined();
  expect(stuck).toEqual([]);
  expect([...seen.done].sort()).toEqual(['A', 'B']);
  expect(seen.worlds).toBeGreaterThan(1_000);
}, 120_000);

const without: [string, Protocol['next']][] = [
  [
    'nobody waits until the others have heard',
    (alias, to, until) => {
      const step = nextStep(alias, to, until);
      return step && { ...step, after: step.after === 'heard' ? 'nothing' : step.after };
    },
  ],
  [
    'readers go over before the version has passed the end of the log',
    (alias, to, until) => {
      const step = nextStep(alias, to, until);
      return step && { ...step, after: step.after === 'passed' ? 'heard' : step.after };
    },
  ],
  [
    'readers go over while it is written behind the other',
    (alias, to, until) => {
      const step = nextStep(alias, to, until);
      if (step?.name !== 'ahead') return step;
      const ahead = nextStep({ ...step.change, epoch: 0 }, to, until);
      return ahead && { ...ahead, change: { ...ahead.change, feeds: alias.feeds } };
    },
  ],
  [
    'it is written first before all read both',
    (alias, to, until) => {
      const step = nextStep(alias, to, until);
      if (step?.name !== 'both') return step;
      const ahead = nextStep({ ...step.change, epoch: 0 }, to, until);
      return { ...step, change: ahead?.change ?? step.change };
    },
  ],
  [
    'readers go over without ever reading both',
    (alias, to, until) => {
      const step = nextStep(alias, to, until);
      const last = step && nextStep({ current: alias.current, also: to, feeds: [to, 'A', 'B'], epoch: 0 }, to, until);
      return last;
    },
  ],
];

test.each(without)(
  'a step back is found where %s',
  (_, next) => {
    expect(stepBack({ next })).toBeDefined();
  },
  120_000,
);

const first: Alias = { epoch: 3, current: 'jobs_v1', feeds: ['jobs_v1'] };

test('the steps of a switch, and of the way back', () => {
  const changes: object[] = [];
  const go = (from: Alias, to: string) => {
    let alias = from;
    for (let step = nextStep(alias, to, 9); step !== undefined; step = nextStep(alias, to, 9)) {
      changes.push({ ...step.change, step: step.name, after: step.after });
      alias = { ...step.change, epoch: alias.epoch + 1 };
    }
    return alias;
  };
  const fed = { ...feeding(first, 'jobs_v2'), epoch: 4 };
  const switched = go(fed, 'jobs_v2');
  go(switched, 'jobs_v1');
  const [one, two] = ['jobs_v1', 'jobs_v2'];
  const kept = { previous: one, keepUntil: 9 };
  expect(changes).toEqual([
    { step: 'both', after: 'nothing', current: one, also: two, feeds: [one, two] },
    { step: 'ahead', after: 'heard', current: one, also: two, feeds: [two, one] },
    { step: 'alone', after: 'passed', current: two, feeds: [two, one], ...kept },
    { step: 'both', after: 'nothing', current: two, also: one, feeds: [two, one], ...kept },
    { step: 'ahead', after: 'heard', current: two, also: one, feeds: [one, two], ...kept },
    { step: 'alone', after: 'passed', current: one, feeds: [one, two], previous: two, keepUntil: 9 },
  ]);
});

test('a third version takes the place of the second, and the first is written no more', () => {
  const third = feeding(
    { ...first, feeds: ['jobs_v2', 'jobs_v1'], current: 'jobs_v2', previous: 'jobs_v1' },
    'jobs_v3',
  );
  expect(third.feeds).toEqual(['jobs_v2', 'jobs_v1', 'jobs_v3']);
  const ahead = nextStep({ ...third, epoch: 5, also: 'jobs_v3' }, 'jobs_v3', 9);
  expect(ahead?.change.feeds).toEqual(['jobs_v3', 'jobs_v2', 'jobs_v1']);
  const alone = ahead && nextStep({ ...ahead.change, epoch: 6 }, 'jobs_v3', 9);
  expect(alone?.change).toEqual({
    ...{ current: 'jobs_v3', feeds: ['jobs_v3', 'jobs_v2'], previous: 'jobs_v2', keepUntil: 9 },
  });
});
