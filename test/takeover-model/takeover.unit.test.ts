// The takeover, searched exhaustively. With every guard no state that can be reached breaks an invariant; without any one
// of them some state does, in the way that docs/takeover.md tells. A model that finds nothing proves nothing.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allGuards, granted } from './guards.ts';
import { holes, twice } from './holes.ts';
import { type ScenarioName, scenarios, searchScenario } from './scenarios.ts';
import type { Found } from './search.ts';

/** A machine may have to share its processor. */
const timeout = 60_000;

/** How many states there are: they change only with the model, and docs/takeover.md names their sum. */
const states: Record<ScenarioName, number> = {
  'two commands': 6_665,
  'one job, put twice': 5_286,
  'lost answers and late requests': 11_866,
  'a third owner': 11_141,
  'a renewal': 13_366,
  'a renewal, and a forgotten producer': 41_650,
  'a forgotten producer': 4_032,
  'a forgotten identity': 1_572,
  'a forgotten identity and a third owner': 38_982,
};

const names = Object.keys(scenarios) as ScenarioName[];

describe('with every guard nothing is lost and nothing is recorded twice', () => {
  const results = new Map<ScenarioName, Found>();
  function withAll(name: ScenarioName): Found {
    const found = results.get(name) ?? searchScenario(name, allGuards, granted);
    results.set(name, found);
    return found;
  }

  test.each(names)('%s', { timeout }, (name) => {
    const found = withAll(name);
    expect([found.breach, found.trace]).toEqual([undefined, []]);
    expect(found.states).toBe(states[name]);
  });

  test('and all that can go wrong did go wrong somewhere', { timeout: 8 * timeout }, () => {
    const steps = new Set(names.flatMap((name) => [...withAll(name).steps]));
    const kinds = new Set([...steps].map((step) => step.replace(/\b[ABC]\b/, 'X').replace(/\d/, 'n')));
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        "X's fence arrives, the answer is lost: stored",
        "X's fence arrives: fenced",
        "X's outcome of n arrives, the answer is lost: stored",
        "X's outcome of n arrives: fenced",
        "X's outcome of n arrives late: stored",
        "X's outcome of n arrives late: fenced",
        'X sends its outcome of n again',
        "X's checkpoint is committed",
        'X renews its identity',
        'X has waited',
        'the coordinator forgets the identity',
        'the partition forgets producer n',
      ]),
    );
  });

  test('the page names the figures', () => {
    const page = readFileSync(new URL('../../docs/takeover.md', import.meta.url), 'utf8');
    const sum = Object.values(states).reduce((all, one) => all + one);
    expect(page).toContain(`${sum.toLocaleString('en')} states`);
    expect(page).toContain(`${Object.keys(allGuards).length} guards`);
    for (const guard of Object.keys(allGuards)) expect(page).toContain(`\`${guard}\``);
  });
});

/** The steps in their order, whatever lies between them. */
function expectThrough(trace: string[], steps: string[]) {
  let at = -1;
  for (const step of steps) {
    at = trace.indexOf(step, at + 1);
    expect(at, `${step}, in:\n${trace.join('\n')}`).toBeGreaterThan(-1);
  }
}

describe('without', () => {
  test.each(holes)('%s: %s: %s', { timeout }, (guard, name, breach, steps) => {
    const found = searchScenario(name, { ...allGuards, [guard]: false }, granted);
    expect(found.breach).toBe(breach);
    expectThrough(found.trace, steps);
  });

  test.each<[ScenarioName, string]>([
    ['a forgotten identity', 'B has waited'],
    ['a forgotten producer', 'the partition forgets producer 1'],
  ])('an end to requests under way: %s', { timeout }, (name, before) => {
    const found = searchScenario(name, allGuards, { requestsDie: false });
    expect(found.breach).toBe(twice);
    expectThrough(found.trace, [before, "A's outcome of 0 arrives late: stored"]);
  });

  test('any guard, something breaks', () => {
    expect(new Set(holes.map(([guard]) => guard))).toEqual(new Set(Object.keys(allGuards)));
  });
});
