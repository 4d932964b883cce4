// Takeovers one behind the other: what an owner only knows, because it has read it, must reach the next one as well.
import { expect, test } from 'vitest';
import { readCheckpoint } from '../schemas/checkpoint.ts';
import { until } from '../test/stack/deadline.ts';
import { type Driven, drive, useBench } from './drive.fixture.ts';
import { outcomeEvent } from './outcome.ts';
import type { Bench } from './partition.fixture.ts';
import { createPartitionRunner, type RunnerTools } from './partition-runner.ts';
import { takeOver } from './take-over.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

function driven(call: RunnerTools['call']): Driven {
  const one = drive(bench, bench.tools({ call }));
  drives.push(one);
  return one;
}
const outcomes = async () =>
  (await bench.recorded()).flatMap((one) =>
    one.is === 'event' && one.event.kind === 'succeeded' ? [one.event.id] : [],
  );

test('an owner that has passed nothing yet does not commit: the one behind it would run again what is done', async () => {
  for (let i = 0; i < 6; i++) await bench.submit(`${i}`);
  const runs: string[] = [];
  const first = driven(async (_, { id }) => {
    if (id === '0') return new Promise(() => undefined);
    runs.push(id);
    return { ok: true, result: '1' };
  });
  await first.runner.start();
  await until('5 outcomes', async () => ((await outcomes()).length === 5 ? true : undefined));
  await first.halt();

  const ignore = { pause: () => undefined, resume: () => undefined, lost: () => undefined };
  const fatal = (error: unknown) => bench.fatal.push(error);
  const second = createPartitionRunner(bench.tools(), { topic: bench.topic, partition: 0 }, { ...ignore, fatal });
  await second.start();
  const checkpoint = second.checkpoint();
  if (checkpoint !== undefined) await bench.commit(0, readCheckpoint(Number(checkpoint.offset), checkpoint.metadata));
  await second.stop();

  const third = driven(async (_, { id }) => {
    runs.push(id);
    return { ok: true, result: '1' };
  });
  await third.runner.start();
  await third.done(6);
  expect((await outcomes()).toSorted()).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(runs.toSorted()).toEqual(['0', '1', '2', '3', '4', '5']);
});

test('a takeover under a forgotten identity waits again when it is tried again, however many fences are its own', async () => {
  const place = { topic: bench.topic, partition: 0 };
  await bench.submit('a');
  const outcome = outcomeEvent({ kind: 'succeeded', result: '1' }, bench.command('a'), {
    ...{ position: { ...place, offset: 0 }, startedAt: 1, at: 2, worker: 'w0' },
  });
  const before = await takeOver(bench.tools(), place, () => undefined);
  let asked = 0;
  const cluster: Bench['cluster'] = {
    ...bench.cluster,
    // Another identity has another producer id, as a forgotten one has.
    initProducerId: () => bench.cluster.initProducerId(`${bench.topic}.forgotten`),
    committed: (...place) =>
      asked++ === 0 ? Promise.reject(new Error('the coordinator is loading')) : bench.cluster.committed(...place),
  };
  const waits = Promise.withResolvers<void>();
  const log = bench.log.child({});
  log.error = () => waits.resolve();
  const tools = bench.tools({ cluster, log, sessionTimeoutMs: 1_000 });
  await expect(takeOver(tools, place, () => undefined)).rejects.toThrow('loading');
  const again = takeOver(tools, place, () => undefined);
  await Promise.race([waits.promise, again]);
  await before.writer.append(bench.records.event(outcome, undefined));
  const taken = await again;
  expect(taken.isDone(0)).toBe(true);
  await Promise.all([before, taken].map(({ writer }) => writer.close(0)));
});
