import { describe, expect, test } from 'vitest';
import { encodeWire } from '../platform/wire-format.ts';
import { readCheckpoint } from '../schemas/checkpoint.ts';
import type { Command } from '../schemas/command.ts';
import { commandType } from '../schemas/command.ts';
import { until } from '../test/stack/deadline.ts';
import { type Driven, drive, useBench } from './drive.fixture.ts';
import { createQueueSlots } from './lane-slots.ts';
import { type Bench, schemaIds } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

async function run(replaced: Partial<RunnerTools> = {}, partition = 0): Promise<Driven> {
  const driven = drive(bench, bench.tools(replaced), partition);
  drives.push(driven);
  await driven.runner.start();
  return driven;
}
const eventsOf = async (partition = 0) =>
  (await bench.recorded(partition)).flatMap((one) => (one.is === 'event' ? [one] : []));
const kinds = async (partition = 0) => (await eventsOf(partition)).map(({ event }) => `${event.id} ${event.kind}`);
const codeOf = ({ event }: { event: { error: string | null } }) => JSON.parse(event.error ?? '{}').code;

describe('one outcome for each command', () => {
  test('in the partition of the command, with its position and its trace', async () => {
    for (const [id, partition] of [
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ] as const)
      await bench.submit(id, { partition });
    const [first, second] = [await run({}, 0), await run({}, 1)];
    await Promise.all([first.done(2), second.done(1)]);
    expect((await kinds(0)).toSorted()).toEqual(['a succeeded', 'c succeeded']);
    const [b] = await eventsOf(1);
    expect(b?.event).toMatchObject({
      id: 'b',
      result: 'null',
      command: { topic: bench.topic, partition: 1, offset: 0 },
    });
    expect(b?.event.startedAt).toEqual(expect.any(Number));
    expect(b?.headers).toMatchObject({ ce_id: 'test.job/b/0.1/succeeded', ce_type: 'putlog.job.succeeded' });
    expect(b?.headers.traceparent).toMatch(new RegExp(`^00-${'a'.repeat(32)}-(?!b{16})`));
  });

  test('of many at once, and the checkpoint names where the next owner begins', async () => {
    const count = 1_500;
    await Promise.all(Array.from({ length: count }, (_, i) => bench.submit(`job-${i}`)));
    const driven = await run();
    await driven.done(count);
    const offsets = (await eventsOf()).map(({ event }) => event.command.offset);
    expect(new Set(offsets).size).toBe(count);
    expect(offsets).toHaveLength(count);
    const { offset = '', metadata = '' } = driven.runner.checkpoint() ?? {};
    const end = Math.max(...(await bench.recorded()).map((one) => one.offset)) + 1;
    expect(readCheckpoint(Number(offset), metadata)).toEqual({
      producerId: expect.stringMatching(/^\d+$/),
      offset: count,
      next: count,
      undone: [],
      eventsFrom: end,
    });
  });

  test('what the function answers decides it: a failure is recorded, and the partition goes on', async () => {
    for (const id of ['bad', 'good']) await bench.submit(id);
    const call: RunnerTools['call'] = async (_, { id }) =>
      id === 'bad' ? { ok: false, code: 'job-failed', detail: 'on purpose' } : { ok: true, result: '1' };
    await (await run({ call })).done(2);
    expect((await kinds()).toSorted()).toEqual(['bad failed', 'good succeeded']);
  });

  test('a result too large for the log fails its job, and nothing else', async () => {
    for (const id of ['huge', 'good']) await bench.submit(id);
    const result = JSON.stringify('x'.repeat(1_200_000));
    const call: RunnerTools['call'] = async (_, { id }) => ({ ok: true, result: id === 'huge' ? result : '1' });
    await (await run({ call })).done(2);
    expect((await kinds()).toSorted()).toEqual(['good succeeded', 'huge failed']);
    expect((await eventsOf()).map(codeOf)).toContain('job-result-too-large');
  });

  test('a long run is announced once; a function that never comes back is over at its timeout', async () => {
    await bench.submit('slow');
    const definition = bench.tools().jobs.get('test.job')?.definition;
    if (definition === undefined) throw new Error('no job');
    const jobs = new Map([['test.job', { definition: { ...definition, timeout: 600 }, file: '' }]]);
    await (await run({ jobs, call: () => new Promise(() => undefined) })).done(1);
    expect(await kinds()).toEqual(['slow started', 'slow failed']);
    expect((await eventsOf()).map(codeOf)).toEqual([undefined, 'job-timed-out']);
  });
});

describe('keys in order', () => {
  test('calls of one key run one after the other in the order of the log, other keys beside them', async () => {
    for (let i = 0; i < 60; i++) await bench.submit(`${i}`, { key: `k${i % 3}` });
    const runs: Command[] = [];
    const now = new Set<string>();
    let together = 0;
    const call: RunnerTools['call'] = async (_, command) => {
      expect(now.has(command.key), `two runs of ${command.key} at once`).toBe(false);
      now.add(command.key);
      together = Math.max(together, now.size);
      await new Promise((resolve) => setTimeout(resolve, Number(command.id) % 4));
      runs.push(command);
      now.delete(command.key);
      return { ok: true, result: '1' };
    };
    await (await run({ call })).done(60);
    for (const key of ['k0', 'k1', 'k2']) {
      const mine = (ids: { id: string; key: string }[]) =>
        ids.filter((one) => one.key === key).map(({ id }) => Number(id));
      expect(mine(runs)).toEqual(mine(runs).toSorted((a, b) => a - b));
      expect(mine((await eventsOf()).map(({ event }) => event))).toEqual(mine(runs));
    }
    expect(together).toBe(3);
  });

  test('no more run at once than the concurrency allows', async () => {
    for (let i = 0; i < 20; i++) await bench.submit(`${i}`);
    let [active, most] = [0, 0];
    const call: RunnerTools['call'] = async () => {
      most = Math.max(most, ++active);
      await new Promise((resolve) => setTimeout(resolve, 2));
      active--;
      return { ok: true, result: '1' };
    };
    await (await run({ call, slots: createQueueSlots(4) })).done(20);
    expect(most).toBe(4);
  });

  test('the next one runs while an outcome is on its way to the log; calls of the same key wait for it', async () => {
    for (const [id, key] of [
      ['a', 'one'],
      ['b', 'one'],
      ['c', 'other'],
    ] as const)
      await bench.submit(id, { key });
    const held = Promise.withResolvers<void>();
    const begun: string[] = [];
    const produce: typeof bench.cluster.produce = async (...request) => {
      if (begun.length > 0) await held.promise;
      return bench.cluster.produce(...request);
    };
    const call: RunnerTools['call'] = async (_, { id }) => {
      begun.push(id);
      return { ok: true, result: '1' };
    };
    const driven = await run({ call, slots: createQueueSlots(1), cluster: { ...bench.cluster, produce } });
    await until('the second begins', async () => begun[1]);
    expect(await eventsOf()).toEqual([]);
    held.resolve();
    await driven.done(3);
    expect(begun).toEqual(['a', 'c', 'b']);
  });
});

describe('poison becomes a dead event with its bytes, once, and its partition moves on', () => {
  test('bytes that cannot be decoded', async () => {
    const poison = [
      Buffer.from('not Avro'),
      Buffer.from([0, 0, 0, 0, 77, 1]),
      Buffer.alloc(0),
      Buffer.from([0, 0, 0, 0, 1, 8]),
    ];
    for (const value of poison) await bench.appendRaw(value);
    await bench.submit('good');
    await (await run()).done(5);
    const dead = (await eventsOf()).filter(({ event }) => event.kind === 'dead');
    expect(dead.map(({ event }) => event.original)).toEqual(poison);
    expect(new Set(dead.map(codeOf))).toEqual(new Set(['record-undecodable']));
    expect(dead.map(({ headers }) => headers.ce_id)).toEqual(
      poison.map((_, offset) => `${bench.topic}/0@${offset}/dead`),
    );
    expect(await kinds()).toContain('good succeeded');
  });

  test('a type that this worker does not have', async () => {
    const fields = { type: 'gone.type', submittedAt: 1_700_000_000_000 };
    await bench.submit('a', fields);
    await (await run()).done(1);
    const [dead] = await eventsOf();
    expect([dead?.event.kind, dead && codeOf(dead)]).toEqual(['dead', 'unknown-job-type']);
    expect(dead?.event.original).toEqual(encodeWire(commandType, schemaIds.command, bench.command('a', fields)));
  });
});
