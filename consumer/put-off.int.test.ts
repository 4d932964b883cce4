// Invariant: what was put off runs when it is due, and once, whoever dies in between: the log has all that a new owner needs.
import Type from 'typebox';
import { afterEach, describe, expect, test } from 'vitest';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { readCheckpoint } from '../schemas/checkpoint.ts';
import type { Command } from '../schemas/command.ts';
import { defineJob, type JobOptions } from '../schemas/define-job.ts';
import { until } from '../test/stack/deadline.ts';
import { type Driven, drive, useBench } from './drive.fixture.ts';
import { fireTimers } from './fire-timers.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';
import { placeText } from './put-off-run.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});
const firing: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(firing.splice(0).map((one) => one.close()));
});

const failure = { ok: false, code: 'job-failed', detail: 'not yet' } as const;

function jobWith(options: Partial<JobOptions<ReturnType<typeof Type.Unknown>, ReturnType<typeof Type.Unknown>>>) {
  const schemas = { payload: Type.Unknown(), result: Type.Unknown() };
  const definition = defineJob({ type: 'test.job', ...schemas, handler: () => null, ...options });
  return new Map<string, LoadedJob>([['test.job', { definition, file: 'file:///test.job.ts' }]]);
}

async function run(replaced: Partial<RunnerTools> = {}): Promise<Driven> {
  const driven = drive(bench, bench.tools(replaced));
  drives.push(driven);
  await driven.runner.start();
  return driven;
}

function fire() {
  const { timers, writer, log, topic } = bench;
  const options = { timers, writer, log, source: '/test', fatal: (error: unknown) => bench.fatal.push(error) };
  const fired = fireTimers({ ...options, places: () => [placeText({ topic, partition: 0 })] });
  firing.push(fired);
  return fired;
}

const events = async () => (await bench.recorded()).flatMap((one) => (one.is === 'event' ? [one.event] : []));
const told = async () => (await events()).map(({ id, kind, attempt }) => `${id} ${kind} ${attempt}`);
const untilTold = (line: string) => until(line, async () => (await told()).includes(line) || undefined);
const timers = () => bench.db.collection('timers').countDocuments();

describe('a call that is not due', () => {
  test('is scheduled, and runs when it is, with what it was given; calls behind it go first', async () => {
    const ran: { command: Command; at: number }[] = [];
    await run({
      call: async (_, command) => {
        ran.push({ command, at: Date.now() });
        return { ok: true, result: 'null' };
      },
    });
    fire();
    const dueAt = Date.now() + 3_000;
    await bench.submit('later', { dueAt, payload: '{"n":1}', key: 'k' });
    await bench.submit('now', { key: 'k' });
    await untilTold('later succeeded 1');
    expect(await told()).toEqual(['later scheduled 1', 'now succeeded 1', 'later succeeded 1']);
    expect(ran.map(({ command }) => command.id)).toEqual(['now', 'later']);
    expect(ran[1]?.command).toMatchObject({ kind: 'run', payload: '{"n":1}', key: 'k', dueAt: null });
    expect(ran[1]?.at).toBeGreaterThanOrEqual(dueAt);
    const [scheduled, , succeeded] = await events();
    expect(scheduled).toMatchObject({ dueAt, payload: '{"n":1}', startedAt: null, error: null });
    expect(succeeded).toMatchObject({ dueAt: null, payload: null, submittedAt: scheduled?.submittedAt });
    await until('no timer', async () => (await timers()) === 0 || undefined);
  });

  test('was due while nobody was there: it runs at once, without a timer', async () => {
    await bench.submit('late', { dueAt: Date.now() - 1 });
    await run();
    await untilTold('late succeeded 1');
    expect(await told()).toEqual(['late succeeded 1']);
  });

  test('is fired twice, and runs once', async () => {
    const kept = Promise.withResolvers<void>();
    const forget = bench.timers.forget;
    let ran = 0;
    await run({
      call: async () => {
        ran++;
        return { ok: true, result: 'null' };
      },
    });
    // As if the one that fired it had died before it could forget it.
    let times = 0;
    bench.timers.forget = async (fired) => {
      if (++times > 1) await forget(fired);
      else kept.resolve();
    };
    fire();
    await bench.submit('twice', { dueAt: Date.now() + 2_000 });
    await kept.promise;
    await until('no timer', async () => (await timers()) === 0 || undefined);
    await bench.submit('last');
    await untilTold('last succeeded 1');
    expect(times).toBe(2);
    expect(ran).toBe(2);
    expect(await told()).toEqual(['twice scheduled 1', 'twice succeeded 1', 'last succeeded 1']);
  });

  test('another payload under its id is refused, while it waits and after', async () => {
    await run();
    fire();
    await bench.submit('one', { dueAt: Date.now() + 2_000 });
    await bench.submit('one', { digest: 'other' });
    await untilTold('one succeeded 1');
    await bench.submit('one', { digest: 'other' });
    await until(
      'two refusals',
      async () => (await told()).filter((line) => line.includes('rejected')).length === 2 || undefined,
    );
    expect((await told()).filter((line) => line.includes('succeeded'))).toHaveLength(1);
  });
});

describe('a call that fails', () => {
  const twiceThenWell = () => {
    let calls = 0;
    const attempts: number[] = [];
    const call: RunnerTools['call'] = async (_, { id, attempt }) => {
      if (id !== 'a') return { ok: true, result: 'null' };
      attempts.push(attempt);
      // Long enough for whatever does not wait for it to go first.
      return ++calls < 3 ? { ...failure, again: { after: 1_500 } } : { ok: true, result: 'null' };
    };
    return { call, attempts };
  };

  test('is tried again until it goes well, and its key does not wait', async () => {
    const { call, attempts } = twiceThenWell();
    await bench.submit('a', { key: 'k' });
    await bench.submit('b', { key: 'k' });
    await run({ call, jobs: jobWith({ retry: { attempts: 3 } }) });
    fire();
    await untilTold('a succeeded 3');
    expect(await told()).toEqual(['a retrying 1', 'b succeeded 1', 'a retrying 2', 'a succeeded 3']);
    expect(attempts).toEqual([1, 2, 3]);
    const [first] = await events();
    expect(JSON.parse(first?.error ?? '')).toMatchObject({ code: 'job-failed', detail: 'not yet' });
  });

  test('for the last time is a dead letter with the bytes of its record', async () => {
    await bench.submit('a', { payload: '{"n":1}' });
    await run({ call: async () => failure, jobs: jobWith({ retry: { attempts: 2, backoffMs: 1 } }) });
    fire();
    await untilTold('a dead 2');
    expect((await events()).at(-1)?.original?.includes('{"n":1}')).toBe(true);
  });

  test('of a type that keeps order: its key waits, others do not, and the checkpoint stays before what it said', async () => {
    const { call, attempts } = twiceThenWell();
    for (const [id, key] of [
      ['a', 'k'],
      ['b', 'k'],
      ['c', 'other'],
    ] as const)
      await bench.submit(id, { key });
    const driven = await run({ call, jobs: jobWith({ ordered: true, retry: { attempts: 3 } }) });
    await untilTold('a retrying 1');
    await untilTold('c succeeded 1');
    const first = (await bench.recorded()).find((one) => one.is === 'event' && one.event.kind === 'retrying')?.offset;
    const { offset = '', metadata = '' } = driven.runner.checkpoint() ?? {};
    expect(readCheckpoint(Number(offset), metadata)).toMatchObject({ undone: [0, 1], eventsFrom: first });
    await untilTold('b succeeded 1');
    const lines = await told();
    expect(lines.filter((line) => !line.startsWith('c'))).toEqual([
      'a retrying 1',
      'a retrying 2',
      'a succeeded 3',
      'b succeeded 1',
    ]);
    expect(attempts).toEqual([1, 2, 3]);
    await driven.done(3);
    expect(await timers()).toBe(0);
  });
});

describe('an owner that goes in between', () => {
  test('after it recorded that a run is put off, before the timer is kept: the next owner keeps it', async () => {
    const lost = await run({ timers: { ...bench.timers, keep: () => new Promise(() => undefined) } });
    await bench.submit('a', { dueAt: Date.now() + 2_000 });
    await untilTold('a scheduled 1');
    const checkpoint = lost.runner.checkpoint();
    const { offset = '', metadata = '' } = checkpoint ?? {};
    const read = readCheckpoint(Number(offset), metadata);
    const [event] = (await bench.recorded()).filter((one) => one.is === 'event');
    expect(read).toMatchObject({ undone: [], eventsFrom: event?.offset });
    await bench.commit(0, read);
    await lost.halt();
    expect(await timers()).toBe(0);

    await run();
    fire();
    await untilTold('a succeeded 1');
    expect(await told()).toEqual(['a scheduled 1', 'a succeeded 1']);
  });

  test('while a call waits in its place: the next owner goes on with the attempt that is due', async () => {
    const jobs = jobWith({ ordered: true, retry: { attempts: 3, backoffMs: 60_000, maxBackoffMs: 60_000 } });
    await bench.submit('a');
    const first = await run({ jobs, call: async () => ({ ...failure, again: { after: 1_000 } }) });
    await untilTold('a retrying 1');
    const { dueAt } = (await events())[0] ?? {};
    await first.halt();
    const called: { attempt: number; at: number }[] = [];
    await run({
      jobs,
      call: async (_, { attempt }) => {
        called.push({ attempt, at: Date.now() });
        return { ok: true, result: 'null' };
      },
    });
    await untilTold('a succeeded 2');
    expect(called.map(({ attempt }) => attempt)).toEqual([2]);
    expect(called[0]?.at).toBeGreaterThanOrEqual(Number(dueAt));
  });

  test('with a run under way: the attempt that was lost counts', async () => {
    const jobs = jobWith({ retry: { attempts: 2, backoffMs: 1 } });
    await bench.submit('a');
    const stuck = Promise.withResolvers<never>();
    let called = 0;
    const first = await run({
      jobs,
      call: () => {
        called++;
        return stuck.promise;
      },
    });
    await until('a call', async () => called > 0 || undefined);
    await first.halt();
    await run({ jobs, call: async () => failure });
    await untilTold('a dead 2');
    expect(await told()).toEqual(['a dead 2']);
  });

  test('and MongoDB has lost all timers: the next one finds in the log what still waits, and nothing else', async () => {
    const first = await run();
    const fired = fire();
    await bench.submit('waits', { dueAt: Date.now() + 15_000 });
    await bench.submit('over', { dueAt: Date.now() + 2_000 });
    await untilTold('over succeeded 1');
    await fired.close();
    const { offset = '', metadata = '' } = first.runner.checkpoint() ?? {};
    await bench.commit(0, readCheckpoint(Number(offset), metadata));
    await first.halt();
    for (const name of ['timers', 'timer_places', 'claims']) await bench.db.collection(name).deleteMany({});

    await run();
    await until('the timer', async () => (await timers()) === 1 || undefined);
    fire();
    await bench.timers.hasten([{ name: 'test.job/waits', generation: 0, until: Date.now() }]);
    await untilTold('waits succeeded 1');
    expect((await told()).toSorted()).toEqual(
      ['waits scheduled 1', 'over scheduled 1', 'over succeeded 1', 'waits succeeded 1'].toSorted(),
    );
  });
});
