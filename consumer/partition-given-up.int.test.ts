// A partition that goes at an awkward moment: in the middle of a take-over, of a claim, behind the gate.
import { describe, expect, test } from 'vitest';
import type { KafkaCluster } from '../platform/cluster.ts';
import { FencedError } from '../platform/fenced-error.ts';
import { ownerIdentity } from '../schemas/topics.ts';
import { until } from '../test/stack/deadline.ts';
import type { ClaimRequest } from './claims.ts';
import { drive, useBench } from './drive.fixture.ts';
import { createGate } from './gate.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

function prepare(replaced: Partial<RunnerTools>) {
  const calls: string[] = [];
  const call: RunnerTools['call'] = async (_, { id }) => {
    calls.push(id);
    return { ok: true, result: '1' };
  };
  const driven = drive(bench, bench.tools({ call, ...replaced }));
  drives.push(driven);
  return { ...driven, calls };
}
const takesOf = async (id: string) => {
  const claims = bench.db.collection<{ _id: string; takes: number }>('claims');
  return (await claims.findOne({ _id: `test.job/${id}/0.1` }))?.takes;
};
/** A claim as an earlier owner left it that died while it ran the job. */
const heldAgainst = (id: string, takes: number) =>
  bench.db.collection<{ _id: string }>('claims').insertOne({
    ...{ _id: `test.job/${id}/0.1`, position: `${bench.topic}/0@0`, owner: 'one that died', digest: 'd' },
    ...{ takes, at: new Date() },
  });

describe('in the middle of a take-over', () => {
  test('while Kafka does not answer: the start ends quietly', async () => {
    let asked = 0;
    const committed: KafkaCluster['committed'] = () => {
      asked++;
      return Promise.reject(new Error('the coordinator is away'));
    };
    const driven = prepare({ cluster: { ...bench.cluster, committed } });
    const started = driven.runner.start();
    await until('a first try', async () => (asked > 0 ? true : undefined));
    await driven.runner.stop();
    await expect(started).resolves.toBeUndefined();
    expect(driven.runner.checkpoint()).toBeUndefined();
  });

  test('when a newer owner fences it before its own fence: it is told once, and the start ends quietly', async () => {
    const identity = ownerIdentity(bench.group, bench.topic, 0);
    const newer = prepare({});
    let first = true;
    const produce: KafkaCluster['produce'] = async (...request) => {
      if (first) {
        first = false;
        await newer.runner.start();
      }
      return bench.cluster.produce(...request);
    };
    const late = prepare({ cluster: { ...bench.cluster, produce } });
    late.lost.then(() => late.runner.stop());
    await expect(late.runner.start()).resolves.toBeUndefined();
    expect(await late.lost).toBeInstanceOf(FencedError);
    const fences = (await bench.recorded()).flatMap((one) => (one.is === 'fence' ? [one.fence] : []));
    expect(fences).toMatchObject([{ identity, producerEpoch: 1 }]);
  });
});

describe('a job that was claimed and never began', () => {
  test('behind the gate: it does not run, and its claim is given back', async () => {
    await heldAgainst('suspect', 2);
    await bench.submit('suspect');
    const gate = createGate(() => undefined);
    const neighbour = Promise.withResolvers<void>();
    const other = gate.run(() => neighbour.promise);
    const driven = prepare({ gate });
    await driven.runner.start();
    await until('the suspect waits', async () => (gate.open ? undefined : true));
    expect(await takesOf('suspect')).toBe(3);
    await driven.stop();
    neighbour.resolve();
    await other;
    await until('the gate is open again', async () => (gate.open ? true : undefined));
    expect(driven.calls).toEqual([]);
    await until('the claim is given back', async () => ((await takesOf('suspect')) === 2 ? true : undefined), 3_000);
    expect(driven.fatal).toEqual([]);
  });

  test('its claim still under way: it does not run, and the claim is given back', async () => {
    await bench.submit('a');
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const claim = async (request: ClaimRequest) => {
      const claimed = await bench.claims.claim(request);
      asked.resolve();
      await answer.promise;
      return claimed;
    };
    const driven = prepare({ claims: { ...bench.claims, claim } });
    await driven.runner.start();
    await asked.promise;
    await driven.stop();
    answer.resolve();
    await until('the claim is given back', async () => ((await takesOf('a')) === 0 ? true : undefined), 3_000);
    expect(driven.calls).toEqual([]);
  });
});

test('an outcome that is on its way when the partition goes is recorded or not, never twice', async () => {
  for (let i = 0; i < 200; i++) await bench.submit(`${i}`);
  const first = prepare({});
  await first.runner.start();
  await until('some outcomes', async () => ((await bench.recorded()).length > 1 ? true : undefined));
  await first.stop();
  const second = prepare({});
  await second.runner.start();
  await second.done(200);
  const offsets = (await bench.recorded()).flatMap((one) =>
    one.is === 'event' && one.event.kind !== 'started' ? [one.event.command.offset] : [],
  );
  expect(offsets).toHaveLength(200);
  expect(new Set(offsets).size).toBe(200);
});
