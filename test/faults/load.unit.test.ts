// The load generator's own rules: what it sends next, what it concludes from an answer, how fast it goes, and what its
// journal says of a job that was sent more than once.
import { describe, expect, test } from 'vitest';
import { type Call, createJournal, fateOf, type PutAnswer } from './journal.ts';
import { putOutcome } from './load-client.ts';
import { createPace } from './load-pace.ts';
import { createLoadPlan, hotKey } from './load-plan.ts';
import { randomFrom } from './random.ts';

describe('the plan', () => {
  const calls = (seed: number, count: number) => {
    const plan = createLoadPlan(randomFrom(seed));
    return Array.from({ length: count }, () => {
      const call = plan.next();
      if (call === undefined) throw new Error('all keys are held');
      plan.release(call);
      return call;
    });
  };

  test('is the same for the same seed, and another for another', () => {
    expect(calls(1, 500)).toEqual(calls(1, 500));
    expect(calls(1, 500)).not.toEqual(calls(2, 500));
  });

  test('numbers the calls of each key without a gap, a fifth of them of the hot key, some that fail', () => {
    const all = calls(3, 10_000).filter(({ number }) => number !== null);
    const byKey = Map.groupBy(all, ({ key }) => key);
    expect(byKey.size).toBe(201);
    for (const ofKey of byKey.values()) expect(ofKey.map(({ number }) => number)).toEqual(ofKey.map((_, n) => n));
    const share = (some: number) => some / all.length;
    expect(share(byKey.get(hotKey)?.length ?? 0)).toBeCloseTo(0.2, 1);
    expect(share(all.filter(({ type }) => type === 'fault.throws').length)).toBeCloseTo(0.02, 1);
    expect(all.filter(({ type }) => type === 'fault.broken').length).toBeGreaterThan(20);
    expect(all.filter(({ expects }) => expects.length !== 1)).toEqual([]);
  });

  test('gives no key to two calls at once', () => {
    const plan = createLoadPlan(randomFrom(4), { hot: 0.2, throws: 0, broken: 0, refused: 0 }, 3);
    const held = Array.from({ length: 200 }, () => plan.next()).flatMap((call) => call ?? []);
    expect(held.map(({ key }) => key).sort()).toEqual([hotKey, 'key-0', 'key-1', 'key-2']);
    for (const call of held) plan.release(call);
    const again = Array.from({ length: 200 }, () => plan.next()).flatMap((call) => call ?? []);
    expect(again.map(({ number }) => number)).toEqual([1, 1, 1, 1]);
  });
});

test.each<[number, string | null, PutAnswer['outcome']]>([
  [202, null, 'acked'],
  [200, null, 'acked'],
  [422, 'invalid-payload', 'rejected'],
  [503, 'log-unavailable', 'rejected'],
  [503, 'overloaded', 'rejected'],
  [503, 'shutting-down', 'rejected'],
  [503, 'outcome-unknown', 'unknown'],
  [503, null, 'unknown'],
  [500, 'internal-error', 'unknown'],
  [504, null, 'unknown'],
])('an answer %i %s means that the call is %s', (status, code, outcome) => {
  expect(putOutcome(status, code)).toBe(outcome);
});

test('the pace is kept, and what was missed is made up for by one burst only', () => {
  let now = 0;
  const pace = createPace(100, 5, () => now);
  const waits = () => Array.from({ length: 8 }, pace);
  expect(waits()).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
  now = 100_000;
  expect(waits()).toEqual([0, 0, 0, 0, 0, 0, 10, 20]);
  expect(createPace(Number.POSITIVE_INFINITY, 5, () => now)()).toBe(0);
});

describe('the journal', () => {
  const call: Call = { type: 't', id: '1', key: 'k', number: 0, payload: { b: 1, a: 2 }, expects: ['succeeded'] };
  const sent = (...outcomes: PutAnswer['outcome'][]) => {
    const lines: string[] = [];
    const journal = createJournal((line) => lines.push(line));
    for (const outcome of outcomes) journal.answered(journal.attempt(call), { outcome, status: null, code: null });
    const job = journal.jobs.get('t/1');
    if (job === undefined) throw new Error('not in the journal');
    return { journal, lines, job };
  };

  test.each<[PutAnswer['outcome'][], PutAnswer['outcome']]>([
    [['unknown', 'acked'], 'acked'],
    [['acked', 'rejected'], 'acked'],
    [['unknown', 'rejected'], 'unknown'],
    [['rejected', 'rejected'], 'rejected'],
  ])('of attempts that are %j the job is %s', (outcomes, fate) => expect(fateOf(sent(...outcomes).job)).toBe(fate));

  test('an attempt is written down before its answer, and without one the job is unknown', () => {
    const { journal, lines, job } = sent('rejected');
    journal.attempt(call);
    expect(lines.map((line) => Object.keys(JSON.parse(line))[1])).toEqual(['attempt', 'answer', 'attempt']);
    expect(fateOf(job)).toBe('unknown');
    expect(() => journal.answered(1, { outcome: 'acked', status: 202, code: null })).toThrow('not open');
  });

  test('readings that repeat the last one are left out', () => {
    const { journal, job } = sent('acked');
    for (const state of ['queued', 'queued', 'succeeded', 'queued'] as const)
      journal.read('t/1', { state, generation: 0, attempt: 1 });
    expect(job.readings.map(({ state }) => state)).toEqual(['queued', 'succeeded', 'queued']);
  });
});
