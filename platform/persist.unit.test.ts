import { pino } from 'pino';
import { expect, test } from 'vitest';
import { persist } from './persist.ts';

const warning = 40;
function listen() {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}
/** Fails so many times, and notes when it was tried (milliseconds). */
function flaky(failures: number) {
  const times: number[] = [];
  const began = performance.now();
  const attempt = async () => {
    times.push(performance.now() - began);
    if (times.length <= failures) throw new Error(`failure ${times.length}`);
    return 'done';
  };
  return { attempt, times };
}

test('what succeeds is done once', async () => {
  const { attempt, times } = flaky(0);
  expect(await persist(attempt, { log: listen().log, what: 'try' })).toBe('done');
  expect(times).toHaveLength(1);
});

test('repeats with a backoff that doubles up to its limit', async () => {
  const { attempt, times } = flaky(5);
  expect(await persist(attempt, { log: listen().log, what: 'try', maxDelayMs: 100 })).toBe('done');
  const delays = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  for (const [i, least] of [40, 80, 100, 100, 100].entries()) expect(delays[i]).toBeGreaterThan(least - 3);
  expect(delays[4], 'no more than its limit').toBeLessThan(600);
});

test('a short absence is not told; a longer one is, now and then, and so is its end', async () => {
  const [short, long] = [listen(), listen()];
  await persist(flaky(3).attempt, { log: short.log, what: 'try', maxDelayMs: 1 });
  expect(short.lines).toEqual([]);
  await persist(flaky(30).attempt, { log: long.log, what: 'write', maxDelayMs: 1 });
  expect(long.lines.filter(({ level }) => level === warning)).toHaveLength(2);
  expect(long.lines.at(-1)?.msg).toBe('again: write');
});

test('what is final is thrown at once, as it is', async () => {
  const { attempt, times } = flaky(5);
  const final = (error: unknown) => error instanceof Error && error.message === 'failure 2';
  await expect(persist(attempt, { log: listen().log, what: 'try', final })).rejects.toThrow('failure 2');
  expect(times).toHaveLength(2);
});

test('given up while it waits: it is not tried again, and the last error is thrown', async () => {
  const { attempt, times } = flaky(100);
  let givenUp = false;
  const done = persist(attempt, { log: listen().log, what: 'try', givenUp: () => givenUp });
  setImmediate(() => {
    givenUp = true;
  });
  await expect(done).rejects.toThrow('failure 1');
  expect(times).toHaveLength(1);
});

test('an attempt that throws before it returns a promise is repeated too', async () => {
  let tries = 0;
  const attempt = () => {
    tries++;
    if (tries === 1) throw new Error('at once');
    return 7;
  };
  expect(await persist(attempt, { log: listen().log, what: 'try', maxDelayMs: 1 })).toBe(7);
});
