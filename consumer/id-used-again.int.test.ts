// Invariant: a cancel is about the job that somebody saw, not about another one that has its id long after.
import { expect, test } from 'vitest';
import { until } from '../test/stack/deadline.ts';
import { drive, useBench } from './drive.fixture.ts';
import { fireTimers } from './fire-timers.ts';
import type { Bench } from './partition.fixture.ts';
import { placeText } from './put-off-run.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

const hour = 3_600_000;
const told = async () =>
  (await bench.recorded()).flatMap((one) => (one.is === 'event' ? [`${one.event.id} ${one.event.kind}`] : [])).sort();

test('the first job under an id was cancelled, and so is what is left of it in the log; the second one runs', async () => {
  const now = Date.now();
  for (const id of ['first', 'second', 'late'])
    bench.cancels.take({ type: 'test.job', id, generation: 0, at: now - hour });
  await bench.submit('first', { submittedAt: now - 2 * hour });
  await bench.submit('second', { submittedAt: now });
  await bench.submit('late', { submittedAt: now, dueAt: now + hour });
  const driven = drive(bench, bench.tools());
  drives.push(driven);
  await driven.runner.start();
  await until('all is told', async () => (await told()).length === 3 || undefined);
  expect(await told()).toEqual(['first cancelled', 'late scheduled', 'second succeeded']);

  // Nor is its timer hastened, by the old cancel or at the start of a worker; by one of its own it is.
  const { timers, writer, log, topic } = bench;
  const options = { timers, writer, log, source: '/test', fatal: (error: unknown) => bench.fatal.push(error) };
  const fired = fireTimers({ ...options, places: () => [placeText({ topic, partition: 0 })] });
  const kept = bench.db.collection<{ _id: string; dueAt: number }>('timers');
  await until('its timer', async () => (await kept.countDocuments()) === 1 || undefined);
  await fired.hasten(bench.cancels.all());
  expect((await kept.findOne())?.dueAt).toBe(now + hour);
  await fired.hasten([bench.cancels.take({ type: 'test.job', id: 'late', generation: 0, at: now })]);
  await until('its end', async () => (await told()).includes('late cancelled') || undefined);
  await fired.close();
});
