import { expect, test } from 'vitest';
import { createGate } from './gate.ts';

function prepare() {
  let opened = 0;
  const gate = createGate(() => {
    opened++;
  });
  const steps: string[] = [];
  const job = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const work = async () => {
      steps.push(`${name} begins`);
      await promise;
      steps.push(`${name} ends`);
    };
    return { work, end: resolve, fail: () => reject(new Error(name)) };
  };
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { gate, steps, job, turn, opened: () => opened };
}

test('ordinary jobs run beside each other with the gate open', async () => {
  const { gate, steps, job, turn, opened } = prepare();
  const [a, b] = [job('a'), job('b')];
  const both = [gate.run(a.work), gate.run(b.work)];
  await turn();
  expect([gate.open, steps]).toEqual([true, ['a begins', 'b begins']]);
  a.end();
  b.end();
  await Promise.all(both);
  expect(opened()).toBe(0);
});

test('a suspect waits until all that runs is over, and shuts the gate meanwhile', async () => {
  const { gate, steps, job, turn, opened } = prepare();
  const [a, b, suspect] = [job('a'), job('b'), job('suspect')];
  const running = [gate.run(a.work), gate.run(b.work)];
  const alone = gate.runAlone(suspect.work);
  expect(gate.open).toBe(false);
  a.end();
  await turn();
  expect(steps).not.toContain('suspect begins');
  b.end();
  await turn();
  expect(steps.at(-1)).toBe('suspect begins');
  expect([gate.open, opened()]).toEqual([false, 0]);
  suspect.end();
  await Promise.all([...running, alone]);
  expect([gate.open, opened()]).toEqual([true, 1]);
});

test('two suspects run one after the other, and the gate opens once', async () => {
  const { gate, steps, job, turn, opened } = prepare();
  const [first, second] = [job('first'), job('second')];
  const both = [gate.runAlone(first.work), gate.runAlone(second.work)];
  await turn();
  expect(steps).toEqual(['first begins']);
  first.end();
  await turn();
  expect([gate.open, opened(), steps.at(-1)]).toEqual([false, 0, 'second begins']);
  second.end();
  await Promise.all(both);
  expect([gate.open, opened()]).toEqual([true, 1]);
});

test('a job that throws keeps nobody waiting', async () => {
  const { gate, steps, job, turn } = prepare();
  const [a, first, second] = [job('a'), job('first'), job('second')];
  const failing = [gate.run(a.work), gate.runAlone(first.work)].map((one) => expect(one).rejects.toThrow());
  const last = gate.runAlone(second.work);
  a.fail();
  await turn();
  first.fail();
  await turn();
  expect(steps.at(-1)).toBe('second begins');
  second.end();
  await Promise.all([...failing, last]);
  expect(gate.open).toBe(true);
});
