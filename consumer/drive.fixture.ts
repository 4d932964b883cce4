// For tests: what the worker group does for the runner of one partition: fetches where it is told to, sweeps, and keeps
// what the runner asks of it.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, inject } from 'vitest';
import { type Bench, createBench } from './partition.fixture.ts';
import { createPartitionRunner, type RunnerTools } from './partition-runner.ts';

export type Driven = ReturnType<typeof drive>;

/** `ended` rejects when a fault of our own is told; `lost` resolves when the writer is fenced. */
export function drive(bench: Bench, tools: RunnerTools, partition = 0) {
  const lost = Promise.withResolvers<Error>();
  const fatal: unknown[] = [];
  let at: number | undefined;
  let closed = false;
  let feeding: Promise<void> | undefined;
  const runner = createPartitionRunner(
    tools,
    { topic: bench.topic, partition },
    {
      pause: () => {
        at = undefined;
      },
      resume: (offset) => {
        at = offset;
        feeding ??= feed().catch((error: unknown) => void fatal.push(error));
      },
      lost: lost.resolve,
      fatal: (error) => fatal.push(error),
    },
  );

  async function feed() {
    while (at !== undefined && !closed) {
      const from: number = at;
      const { records } = await bench.cluster.fetch(bench.topic, partition, from, 2 ** 20, 50);
      const last = records.at(-1);
      if (closed || at !== from || last === undefined) continue;
      at = last.offset + 1;
      runner.take(
        records.map(({ offset, timestamp, key, value, headers, unreadable }) => ({
          ...{ key, value, headers, attributes: 0, offset: String(offset), timestamp: String(timestamp) },
          ...(unreadable !== undefined && { unreadable }),
        })),
      );
    }
    feeding = undefined;
  }
  const sweeper = setInterval(() => runner.sweep(performance.now()), 50);

  /** Fetches no more, as after a crash or a lost session; what runs goes on. */
  async function halt() {
    closed = true;
    clearInterval(sweeper);
    await feeding;
  }
  return {
    runner,
    fatal,
    lost: lost.promise,
    halt,
    /** Waits until nothing more is in hand of the first `count` commands. */
    async done(count: number, ms = 20_000) {
      const deadline = performance.now() + ms;
      for (;;) {
        if (fatal.length > 0) throw fatal[0];
        const checkpoint = runner.checkpoint();
        if (checkpoint !== undefined && Number(checkpoint.offset) >= count) return;
        if (performance.now() > deadline) throw new Error(`not done within ${ms} ms: ${JSON.stringify(checkpoint)}`);
        await delay(10);
      }
    },
    async stop() {
      await halt();
      await runner.stop();
    },
  };
}

/**
 * To be called once at the top of a test file, because it registers hooks: each test has a bench of its own, told as it
 * opens, and ends without a fault. What stands in the returned list is stopped before the bench goes.
 */
export function useBench(opened: (bench: Bench) => void): Driven[] {
  const drives: Driven[] = [];
  let bench: Bench | undefined;
  beforeEach(async () => {
    bench = await createBench(inject('stack'));
    opened(bench);
  });
  afterEach(async () => {
    await Promise.all(drives.splice(0).map((one) => one.stop()));
    expect(bench?.fatal).toEqual([]);
    await bench?.close();
  });
  return drives;
}
