import { afterEach, describe, expect, test } from 'vitest';
import { createPauses, type Pause, type Pauses } from './pauses.ts';

let pauses: Pauses | undefined;
afterEach(() => pauses?.close());

function withClock(sessionMs: number) {
  const clock = { now: 1_000, wall: 5_000_000 };
  const told: Pause[] = [];
  const opened = createPauses({
    ...{ sessionMs, now: () => clock.now, wall: () => clock.wall },
    told: (pause) => told.push(pause),
  });
  pauses = opened;
  /** Time goes by while the process runs and looks. */
  const run = (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      clock.now += Math.min(left, 500);
      opened.look();
    }
  };
  return { clock, told, run, look: opened.look, answered: opened.answered };
}

describe('a process that did not run', () => {
  test('is none that looks often enough', () => {
    const { clock, told, look } = withClock(6_000);
    for (let i = 0; i < 10; i++) {
      clock.now += 6_000;
      expect(look()).toBe(0);
    }
    expect(told).toEqual([]);
  });

  test('for longer than its session is one pause, told before the answer', () => {
    const { clock, told, look } = withClock(6_000);
    clock.now += 6_001;
    expect([look(), look()]).toEqual([1, 1]);
    clock.now += 20_000;
    expect(look()).toBe(2);
    expect(told).toEqual([
      { kind: 'stopped', ms: 6_001 },
      { kind: 'stopped', ms: 20_000 },
    ]);
  });

  test('because its machine slept is found by its wall clock', () => {
    const { clock, told, look } = withClock(6_000);
    clock.wall += 3_600_000;
    expect(look()).toBe(1);
    clock.wall -= 3_600_000;
    expect(look()).toBe(1);
    expect(told).toEqual([{ kind: 'stopped', ms: 3_600_000 }]);
  });

  test('because its event loop was blocked is found by itself', async () => {
    const { ms } = await new Promise<Pause>((resolve) => {
      pauses = createPauses({ sessionMs: 40, told: resolve });
      const until = performance.now() + 80;
      while (performance.now() < until);
    });
    expect(ms).toBeGreaterThan(40);
  });
});

describe('a group that does not answer', () => {
  test('is none before the first answer, nor while it answers', () => {
    const { told, run, look, answered } = withClock(6_000);
    run(60_000);
    for (let i = 0; i < 20; i++) {
      answered(3);
      run(6_000);
    }
    expect([look(), told]).toEqual([0, []]);
  });

  test('because this process was late by almost a session, is none', () => {
    const { clock, told, run, look, answered } = withClock(6_000);
    answered(100);
    run(1_200);
    clock.now += 6_000;
    expect(look()).toBe(0);
    answered(6_000);
    run(1_500);
    expect([look(), told]).toEqual([0, []]);
  });

  test('for one and a half sessions is told once, and lets no term write that begins meanwhile', () => {
    const { told, run, look, answered } = withClock(6_000);
    answered(0);
    run(9_000);
    expect([look(), told]).toEqual([0, []]);
    run(1);
    const [begun, later, evenLater] = [look(), look(), look()];
    expect(new Set([0, begun, later, evenLater]).size).toBe(4);
    run(60_000);
    expect(told).toEqual([{ kind: 'silent', ms: 9_001 }]);
    answered(0);
    const after = look();
    expect(after).toBe(look());
  });

  test('is counted from the question: an answer that came late says little', () => {
    const { told, run, answered } = withClock(6_000);
    run(8_000);
    answered(8_000);
    run(1_500);
    expect(told).toEqual([{ kind: 'silent', ms: 9_500 }]);
  });

  test('and again, after it has', () => {
    const { told, run, answered } = withClock(6_000);
    answered(0);
    run(10_000);
    answered(0);
    run(10_000);
    expect(told.map(({ kind }) => kind)).toEqual(['silent', 'silent']);
  });
});
