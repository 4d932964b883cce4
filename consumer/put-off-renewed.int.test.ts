import { expect, test } from 'vitest';
import { until } from '../test/stack/deadline.ts';
import { drive, useBench } from './drive.fixture.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

async function run(replaced: Partial<RunnerTools> = {}) {
  const driven = drive(bench, bench.tools(replaced));
  drives.push(driven);
  await driven.runner.start();
  return driven;
}

test('what another owner put off, unknown to us, and did not keep: we keep it when the partition is ours again', async () => {
  const ours = await run();
  await ours.halt();
  ours.runner.hold();
  await bench.submit('a', { dueAt: Date.now() + 3_600_000 });
  const never = new Promise<void>(() => undefined);
  const other = await run({ timers: { ...bench.timers, keep: () => never } });
  await until('it is put off', async () =>
    (await bench.recorded()).some((one) => one.is === 'event' && one.event.kind === 'scheduled') ? true : undefined,
  );
  await other.stop();
  const timers = () => bench.db.collection('timers').countDocuments({ name: 'test.job/a' });
  expect(await timers()).toBe(0);

  ours.runner.confirm();
  await until('the timer', async () => ((await timers()) === 1 ? true : undefined), 20_000);
});
