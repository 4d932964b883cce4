import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { KafkaCluster } from '../platform/cluster.ts';
import { FencedError } from '../platform/fenced-error.ts';
import { until } from '../test/stack/deadline.ts';
import { type Driven, drive, useBench } from './drive.fixture.ts';
import { createQueueSlots } from './lane-slots.ts';
import { outcomeEvent } from './outcome.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

async function run(replaced: Partial<RunnerTools> = {}): Promise<Driven> {
  const driven = drive(bench, bench.tools(replaced));
  drives.push(driven);
  await driven.runner.start();
  return driven;
}
const fences = async () => (await bench.recorded()).flatMap((one) => (one.is === 'fence' ? [one.fence] : []));
const outcomes = async () =>
  (await bench.recorded()).flatMap((one) =>
    one.is === 'event' && one.event.kind === 'succeeded' ? [one.event.id] : [],
  );
const untilFences = (count: number) =>
  until(`${count} fences`, async () => ((await fences()).length >= count ? true : undefined));

describe('an identity is renewed while jobs run', () => {
  test('by the same producer id with the next epoch; nothing is run or recorded twice', async () => {
    for (let i = 0; i < 40; i++) await bench.submit(`${i}`);
    const runs: string[] = [];
    const call: RunnerTools['call'] = async (_, { id }) => {
      runs.push(id);
      await delay(6_500 + 20 * Number(id));
      return { ok: true, result: '1' };
    };
    const driven = await run({ call, renewMs: 2_000, slots: createQueueSlots(40) });
    await driven.done(40);
    await untilFences(3);
    const written = await fences();
    expect(new Set(written.map(({ producerId }) => producerId)).size).toBe(1);
    expect(written.map(({ producerEpoch }) => producerEpoch)).toEqual(written.map((_, i) => i));
    expect(runs).toHaveLength(40);
    expect((await outcomes()).toSorted()).toEqual(runs.toSorted());
  });

  test('and its claims are given back whenever they were made', async () => {
    await bench.submit('long');
    const driven = await run({ call: () => new Promise(() => undefined), renewMs: 1_500 });
    await untilFences(3);
    await driven.stop();
    expect(await bench.db.collection('claims').findOne()).toMatchObject({ takes: 0, owner: '' });
  });

  test('somebody else has recorded what was in hand: the tenure is over', async () => {
    await bench.submit('taken');
    const renewal = Promise.withResolvers<void>();
    let opened = 0;
    // The second identity is held up until another owner, unknown to us, has come and gone.
    const initProducerId: KafkaCluster['initProducerId'] = async (identity) => {
      if (++opened === 2) await renewal.promise;
      return bench.cluster.initProducerId(identity);
    };
    const cluster = { ...bench.cluster, initProducerId };
    const ours = Promise.withResolvers<void>();
    const call: RunnerTools['call'] = async () => {
      await ours.promise;
      return { ok: true, result: '1' };
    };
    const driven = await run({ cluster, call, renewMs: 3_000 });
    await until('the renewal begins', async () => (opened === 2 ? true : undefined));
    const other = await run({ call: async () => ({ ok: true, result: '2' }) });
    await other.done(1);
    await other.stop();
    ours.resolve();
    renewal.resolve();
    expect(await driven.lost).toBeInstanceOf(FencedError);
    expect(await outcomes()).toEqual(['taken']);
  });

  test('Kafka does not answer for twice the time: the tenure is over, before the identity could be forgotten', async () => {
    let opened = 0;
    const initProducerId: KafkaCluster['initProducerId'] = async (identity) => {
      if (++opened > 1) throw new Error('the coordinator is away');
      return bench.cluster.initProducerId(identity);
    };
    const driven = await run({ cluster: { ...bench.cluster, initProducerId }, renewMs: 150 });
    expect(String(await driven.lost)).toMatch(/could not be renewed/);
  });
});

describe('a process that was stopped for longer than its session', () => {
  /** A job that ends when it is told to, in a partition whose process has been stopped meanwhile. */
  async function stoppedWhileItRuns() {
    await bench.submit('job');
    const answer = Promise.withResolvers<void>();
    let pauses = 0;
    const call: RunnerTools['call'] = async () => {
      await answer.promise;
      return { ok: true, result: '1' };
    };
    const driven = await run({ call, pauses: () => pauses });
    await until('the job runs', async () => (await bench.db.collection('claims').findOne()) ?? undefined);
    pauses++;
    driven.runner.hold();
    answer.resolve();
    return driven;
  }

  test('leaves in the log what does not fit in hand, and takes it when the partition is its own', async () => {
    const driven = await stoppedWhileItRuns();
    const count = 4_000;
    const payload = JSON.stringify('x'.repeat(2_000));
    await Promise.all(Array.from({ length: count - 1 }, (_, i) => bench.submit(`${i}`, { payload })));
    await until('it takes no more', async () => (driven.runner.busy ? true : undefined));
    expect(driven.runner.received).toBeLessThan(count / 2);
    driven.runner.confirm();
    await driven.done(count, 60_000);
  }, 150_000);

  test('writes nothing before the group says that the partition is its own, and then all it has', async () => {
    const driven = await stoppedWhileItRuns();
    await delay(300);
    expect(await outcomes()).toEqual([]);
    // A checkpoint of what it knew would take back what another owner has committed since.
    expect(driven.runner.checkpoint()).toBeUndefined();
    driven.runner.confirm();
    await driven.done(1);
    expect(await outcomes()).toEqual(['job']);
    expect((await fences()).map(({ producerEpoch }) => producerEpoch)).toEqual([0, 1]);
  });

  test('writes nothing where another owner has been, whatever the group says', async () => {
    const driven = await stoppedWhileItRuns();
    const other = await run({ call: async () => ({ ok: true, result: '2' }) });
    await other.done(1);
    await other.stop();
    driven.runner.confirm();
    expect(await driven.lost).toBeInstanceOf(FencedError);
    expect(await outcomes()).toEqual(['job']);
  });

  test('writes nothing when the partition goes', async () => {
    const driven = await stoppedWhileItRuns();
    await driven.stop();
    expect(await outcomes()).toEqual([]);
    // Its answer may have been on the way when the partition went: then it is given back a moment later.
    await until(
      'the claim is given back',
      async () => (await bench.db.collection('claims').findOne({ takes: 0, owner: '' })) ?? undefined,
    );
  });
});

test('another producer id than the last owner had: it waits, and counts what that one still wrote', async () => {
  for (const id of ['a', 'b']) await bench.submit(id);
  const first = await run({ call: () => new Promise(() => undefined) });
  await until('both jobs run', async () =>
    (await bench.db.collection('claims').countDocuments()) === 2 ? true : undefined,
  );
  await first.halt();
  const late = Promise.withResolvers<void>();
  // What Kafka does when it has forgotten an identity: another producer id, whose epochs fence nobody else out.
  const initProducerId: KafkaCluster['initProducerId'] = () => bench.cluster.initProducerId(null);
  const told: unknown[] = [];
  const log = bench.log.child({});
  log.error = (...what: unknown[]) => {
    told.push(what[0]);
    late.resolve();
  };
  const ran: string[] = [];
  const call: RunnerTools['call'] = async (_, { id }) => {
    ran.push(id);
    return { ok: true, result: '2' };
  };
  const second = drive(
    bench,
    bench.tools({ cluster: { ...bench.cluster, initProducerId }, log, call, sessionTimeoutMs: 1_000 }),
  );
  drives.push(second);
  const started = second.runner.start();
  await late.promise;
  const about = { position: { topic: bench.topic, partition: 0, offset: 0 }, startedAt: 1, at: 2, worker: 'w0' };
  const event = outcomeEvent({ kind: 'succeeded', result: '1' }, bench.command('a'), about);
  await bench.writer.append(bench.records.event(event, undefined));
  await started;
  await second.done(2);
  expect(told).toEqual([expect.objectContaining({ earlier: [expect.any(String)], producerId: expect.any(String) })]);
  expect(ran).toEqual(['b']);
  expect(await outcomes()).toEqual(['a', 'b']);
});
