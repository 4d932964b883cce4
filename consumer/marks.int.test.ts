// Invariant: a lane in which nothing happens costs its next owner little to read, and what was recorded in it is known to that owner
// all the same.
import { expect, test } from 'vitest';
import type { KafkaCluster } from '../platform/cluster.ts';
import { readCheckpoint } from '../schemas/checkpoint.ts';
import { until } from '../test/stack/deadline.ts';
import { drive, useBench } from './drive.fixture.ts';
import { createEventEnds } from './marks.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

async function own(replaced: Partial<RunnerTools>) {
  const driven = drive(bench, bench.tools(replaced));
  drives.push(driven);
  await driven.runner.start();
  return driven;
}

/** What the neighbours of the lane record: here anything at all. */
async function neighbours(count: number) {
  let last = 0;
  for (let n = 0; n < count; n++) last = await bench.appendRaw(Buffer.from('x'), { topic: bench.eventsTopic });
  return last + 1;
}

test('an owner that is far behind its partition marks where it is, and the next one begins there', async () => {
  const eventEnds = createEventEnds(20);
  const first = await own({ eventEnds });
  await bench.submit('before');
  await first.done(1);
  const eventsFrom = () => {
    const checkpoint = first.runner.checkpoint();
    return checkpoint && readCheckpoint(Number(checkpoint.offset), checkpoint.metadata).eventsFrom;
  };
  const outcomeEnd = eventsFrom() ?? 0;

  eventEnds.saw(0, await neighbours(19));
  eventsFrom();
  await bench.submit('between');
  await first.done(2);
  expect(
    (await bench.recorded()).filter(({ is }) => is === 'fence'),
    'not far enough',
  ).toHaveLength(1);

  const end = await neighbours(30);
  eventEnds.saw(0, end);
  expect(await until('the mark', async () => ((eventsFrom() ?? 0) > end ? eventsFrom() : undefined))).toBe(end + 1);
  const fences = (await bench.recorded()).flatMap((one) => (one.is === 'fence' ? [one.fence] : []));
  expect(fences).toHaveLength(2);
  expect(fences[1]).toMatchObject({ ...fences[0], at: expect.any(Number) });
  expect(outcomeEnd).toBeLessThan(end);

  const checkpoint = first.runner.checkpoint();
  if (checkpoint === undefined) throw new Error('there is nothing to commit');
  await bench.commit(0, readCheckpoint(Number(checkpoint.offset), checkpoint.metadata));
  await first.halt();
  await bench.submit('after');
  const read: number[] = [];
  const fetch: KafkaCluster['fetch'] = (topic, partition, offset, ...rest) => {
    if (topic === bench.eventsTopic) read.push(offset);
    return bench.cluster.fetch(topic, partition, offset, ...rest);
  };
  const second = await own({ worker: 'w2', cluster: { ...bench.cluster, fetch } });
  await second.done(3);
  expect(Math.min(...read)).toBeGreaterThan(end);
  const outcomes = (await bench.recorded()).flatMap((one) => (one.is === 'event' ? [one.event.id] : []));
  expect(outcomes).toEqual(['before', 'between', 'after']);
});

test('a lane that was never used reads nothing of what its neighbours have recorded', async () => {
  await neighbours(10);
  const read: string[] = [];
  const fetch: KafkaCluster['fetch'] = (topic, ...rest) => {
    read.push(topic);
    return bench.cluster.fetch(topic, ...rest);
  };
  const driven = await own({ cluster: { ...bench.cluster, fetch } });
  await until('its timers are looked for', async () => (await bench.timers.hasPlace(`${bench.topic}/0`)) || undefined);
  expect(read).not.toContain(bench.eventsTopic);
  await bench.submit('one');
  await driven.done(1);
});
