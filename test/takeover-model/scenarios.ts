// What is searched: small worlds, each large enough for one kind of trouble. A world with everything at once has too many
// states, and every hole that is known shows with two or three owners and one or two commands.
import type { Assumptions, Guards } from './guards.ts';
import { breachOf, stuckAt } from './invariants.ts';
import { createSteps } from './model.ts';
import { type Found, search } from './search.ts';
import { type Scenario, start, worldKey } from './world.ts';

const plain: Scenario = {
  jobs: [0],
  owners: 2,
  copies: 1,
  lateCheckpoints: false,
  renewals: 0,
  forgets: { identity: 0, producer: 0 },
};

export const scenarios = {
  'two commands': { ...plain, jobs: [0, 1] },
  'one job, put twice': { ...plain, jobs: [0, 0] },
  'lost answers and late requests': { ...plain, copies: 2, lateCheckpoints: true },
  'a third owner': { ...plain, owners: 3 },
  'a renewal': { ...plain, renewals: 1 },
  'a renewal, and a forgotten producer': { ...plain, renewals: 1, forgets: { identity: 0, producer: 1 } },
  'a forgotten producer': { ...plain, copies: 2, forgets: { identity: 0, producer: 1 } },
  'a forgotten identity': { ...plain, forgets: { identity: 1, producer: 0 } },
  'a forgotten identity and a third owner': { ...plain, owners: 3, forgets: { identity: 1, producer: 0 } },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

/** @throws when a scenario has outgrown what a test may take. */
export function searchScenario(name: ScenarioName, guards: Guards, assumptions: Assumptions): Found {
  const scenario = scenarios[name];
  const { jobs } = scenario;
  return search(
    {
      start: start(scenario),
      steps: createSteps(scenario, guards, assumptions),
      key: worldKey,
      breach: (world) => breachOf(world, jobs),
      end: (world) => stuckAt(world, jobs),
    },
    100_000,
  );
}
