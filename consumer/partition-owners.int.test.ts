// A partition that changes hands: who runs what again, who writes, and what is held against whom.
import { describe, expect, test } from 'vitest';
import { FencedError } from '../platform/fenced-error.ts';
import { readCheckpoint } from '../schemas/checkpoint.ts';
import { until } from '../test/stack/deadline.ts';
import { type Driven, drive, useBench } from './drive.fixture.ts';
import { createGate } from './gate.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

/** A worker's runner of partition 0 that notes each call. Calls of `stuck` never come back by themselves. */
async function run({ stuck = [], ...replaced }: Partial<RunnerTools> & { stuck?: string[] } = {}) {
  const calls: string[] = [];
  const aborted: string[] = [];
  const call: RunnerTools['call'] = async (_, { id }, { signal }) => {
    calls.push(id);
    if (stuck.includes(id))
      await new Promise<void>((resolve) => {
        signal().addEventListener('abort', () => {
          aborted.push(id);
          resolve();
        });
      });
    return { ok: true, result: '1' };
  };
  const driven = drive(bench, bench.tools({ call, ...replaced }));
  drives.push(driven);
  await driven.runner.start();
  return { ...driven, calls, aborted };
}
const called = ({ calls }: { calls: string[] }, count: number) =>
  until(`${count} calls`, async () => (calls.length >= count ? true : undefined), 10_000);
/** Outcomes; on a slow machine some runs are announced as well. */
const events = async () =>
  (await bench.recorded()).flatMap((one) =>
    one.is === 'event' && one.event.kind !== 'started' ? [`${one.event.id} ${one.event.kind}`] : [],
  );
const claimOf = (id: string) =>
  bench.db.collection<{ _id: string; takes: number }>('claims').findOne({ _id: `test.job/${id}/0.1` });
/** The process dies: nothing is given back, nothing more is written, because the next owner fences it. */
const crash = ({ halt }: Driven) => halt();

describe('a new owner', () => {
  test('begins at the checkpoint and runs nothing again that has its outcome', async () => {
    for (let i = 0; i < 6; i++) await bench.submit(`${i}`);
    const first = await run({ stuck: ['1', '4'] });
    await called(first, 6);
    // The outcome is in the log a moment before its owner knows.
    const checkpoint = await until('a checkpoint behind four outcomes', async () => {
      const { offset = '', metadata = '' } = first.runner.checkpoint() ?? {};
      const found = readCheckpoint(Number(offset), metadata);
      return found.undone.length === 2 ? found : undefined;
    });
    expect(checkpoint).toMatchObject({ offset: 1, next: 6, undone: [1, 4] });
    await bench.commit(0, checkpoint);
    await crash(first);
    const second = await run();
    await second.done(6);
    expect(second.calls.toSorted()).toEqual(['1', '4']);
    expect((await events()).toSorted()).toEqual(['0', '1', '2', '3', '4', '5'].map((id) => `${id} succeeded`));
  });

  test('without a checkpoint reads the events from their beginning', async () => {
    for (let i = 0; i < 4; i++) await bench.submit(`${i}`);
    const first = await run({ stuck: ['2'] });
    await until('three outcomes', async () => ((await events()).length === 3 ? true : undefined));
    await crash(first);
    const second = await run();
    await second.done(4);
    expect(second.calls).toEqual(['2']);
  });

  test('shuts a zombie out: its outcome is not recorded, and it is told', async () => {
    await bench.submit('a');
    const release = Promise.withResolvers<void>();
    const call: RunnerTools['call'] = async () => {
      await release.promise;
      return { ok: true, result: '"zombie"' };
    };
    const zombie = await run({ call });
    await until('the claim', async () => (await claimOf('a')) ?? undefined);
    const next = await run();
    await next.done(1);
    release.resolve();
    expect(await zombie.lost).toBeInstanceOf(FencedError);
    expect(zombie.fatal).toEqual([]);
    expect(await events()).toEqual(['a succeeded']);
    expect((await bench.recorded()).at(-1)).toMatchObject({ event: { result: '1' } });
  });
});

describe('one run for each job', () => {
  test('the same command twice in the log runs once and has one outcome', async () => {
    for (let i = 0; i < 5; i++) await bench.submit('a');
    const owner = await run();
    await owner.done(5);
    expect(owner.calls).toEqual(['a']);
    expect(await events()).toEqual(['a succeeded']);
  });

  test('another payload under the same id is rejected, by its own position, and does not run', async () => {
    await bench.submit('a', { digest: 'first' });
    await bench.submit('a', { digest: 'second' });
    const owner = await run();
    await owner.done(2);
    expect(owner.calls).toEqual(['a']);
    expect((await events()).toSorted()).toEqual(['a rejected', 'a succeeded']);
    const rejected = (await bench.recorded()).find((one) => one.is === 'event' && one.event.kind === 'rejected');
    expect(rejected).toMatchObject({
      event: { digest: 'second', command: { offset: 1 }, result: null },
      headers: { ce_id: `${bench.topic}/0@1/rejected` },
    });
  });
});

describe('a job whose workers die', () => {
  test('runs three times, and the fourth owner records that it killed its worker', async () => {
    await bench.submit('killer');
    await bench.submit('good');
    for (let i = 0; i < 3; i++) {
      const owner = await run({ stuck: ['killer'] });
      await called(owner, i === 0 ? 2 : 1);
      expect(owner.calls).toContain('killer');
      if (i === 0) await until('the good one', async () => ((await events()).length === 1 ? true : undefined));
      await crash(owner);
    }
    const fourth = await run();
    await fourth.done(2);
    expect(fourth.calls).toEqual([]);
    expect(await events()).toEqual(['good succeeded', 'killer dead']);
    expect((await bench.recorded()).at(-1)).toMatchObject({
      event: { error: expect.stringContaining('job-killed-its-worker') },
    });
    expect((await claimOf('killer'))?.takes).toBe(4);
  });

  test('runs alone in its process the third time', async () => {
    await bench.submit('suspect');
    for (let i = 0; i < 2; i++) {
      const owner = await run({ stuck: ['suspect'] });
      await called(owner, 1);
      await crash(owner);
    }
    await bench.submit('neighbour');
    const gate = createGate(() => third?.runner.go());
    let third: Awaited<ReturnType<typeof run>> | undefined;
    third = await run({ stuck: ['suspect'], gate });
    await until('the suspect runs', async () => (third?.calls.includes('suspect') ? true : undefined));
    expect(gate.open).toBe(false);
    await bench.submit('later');
    await until('the later one is in hand', async () => (third?.runner.received === 3 ? true : undefined));
    expect(third.calls).not.toContain('later');
  });
});

describe('an owner that gives the partition up in good order', () => {
  test('aborts what runs, takes the claims back, and writes nothing more', async () => {
    for (const id of ['a', 'b', 'c']) await bench.submit(id);
    const owner = await run({ stuck: ['a', 'c'] });
    await until('one outcome', async () => ((await events()).length === 1 ? true : undefined));
    await called(owner, 3);
    await owner.stop();
    expect(owner.aborted).toEqual(['a', 'c']);
    expect([(await claimOf('a'))?.takes, (await claimOf('b'))?.takes, (await claimOf('c'))?.takes]).toEqual([0, 1, 0]);
    expect(await events()).toEqual(['b succeeded']);
    expect(owner.runner.checkpoint()).toBeUndefined();
    expect(owner.fatal).toEqual([]);
  });

  test('is never held against a job: many deploys later it still runs', async () => {
    await bench.submit('a');
    for (let i = 0; i < 5; i++) {
      const owner = await run({ stuck: ['a'] });
      await called(owner, 1);
      await owner.stop();
    }
    const last = await run();
    await last.done(1);
    expect(await events()).toEqual(['a succeeded']);
  });

  test('drains: what runs gets its outcome, what waits stays for the next', async () => {
    for (const id of ['a', 'b']) await bench.submit(id, { key: 'one' });
    const release = Promise.withResolvers<void>();
    const calls: string[] = [];
    const call: RunnerTools['call'] = async (_, { id }) => {
      calls.push(id);
      await release.promise;
      return { ok: true, result: '1' };
    };
    const owner = await run({ call });
    await called({ calls }, 1);
    const drained = owner.runner.drain(10_000);
    release.resolve();
    await drained;
    expect(await events()).toEqual(['a succeeded']);
    expect(calls).toEqual(['a']);
    expect(owner.runner.checkpoint()).toMatchObject({ offset: '1' });
  });
});
