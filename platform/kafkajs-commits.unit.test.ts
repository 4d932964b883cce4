import Runner from 'kafkajs/src/consumer/runner.js';
import { expect, test } from 'vitest';
import './kafkajs-commits.ts';

/** A runner as kafkajs makes it, of which only what commits is there. */
function runner(commit: (offsets: object) => Promise<void>, running = true) {
  return Object.assign(Object.create(Runner.prototype) as Runner, {
    running,
    consumerGroup: { commitOffsets: commit },
  });
}

test('a commit that fails is told at once, and not tried again', async () => {
  let tries = 0;
  const failing = runner(async () => {
    tries++;
    throw new Error('not now');
  });
  await expect(failing.commitOffsets({})).rejects.toThrow('not now');
  expect(tries).toBe(1);
});

test('what is committed is what was asked for; a consumer that does not run says so', async () => {
  const committed: object[] = [];
  const one = runner(async (offsets) => void committed.push(offsets));
  const offsets = { topics: [] };
  await one.commitOffsets(offsets);
  expect(committed).toEqual([offsets]);
  await expect(runner(async () => undefined, false).commitOffsets({})).rejects.toThrow('does not run');
});
