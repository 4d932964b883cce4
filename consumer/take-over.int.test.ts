import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { KafkaCluster } from '../platform/cluster.ts';
import { FencedError } from '../platform/fenced-error.ts';
import type { EventKind } from '../schemas/event.ts';
import { outcomeEvent, startedEvent } from './outcome.ts';
import { type Bench, createBench, schemaIds } from './partition.fixture.ts';
import { type Ownership, type TakeOverTools, takeOver } from './take-over.ts';

let bench: Bench;
const open: Ownership[] = [];
const lost: Error[] = [];

beforeEach(async () => {
  bench = await createBench(inject('stack'));
  // Where there never was a command no outcome is looked for.
  await bench.submit('first');
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ writer }) => writer.close(0)));
  lost.length = 0;
  await bench.close();
});

async function own(replaced: Partial<TakeOverTools> = {}, partition = 0): Promise<Ownership> {
  const tools = { ...bench.tools(), ...replaced };
  const taken = await takeOver(tools, { topic: bench.topic, partition }, (error) => lost.push(error));
  open.push(taken);
  return taken;
}
const outcome = (offset: number, fields: { topic?: string; result?: string } = {}) => {
  const { topic = bench.topic, result = 'null' } = fields;
  const about = { position: { topic, partition: 0, offset }, startedAt: 1, at: Date.now(), worker: 'w0' };
  const event = outcomeEvent({ kind: 'succeeded', result }, bench.command(`job-${offset}`), about);
  return bench.records.event(event, undefined);
};
const told = (kind: EventKind, offset: number) => {
  const about = { position: { topic: bench.topic, partition: 0, offset }, startedAt: 1, at: 2, worker: 'w0' };
  return bench.records.event({ ...startedEvent(bench.command('a'), about), kind }, undefined);
};
const doneOf = ({ isDone }: Ownership, upTo = 10) => Array.from({ length: upTo }, (_, i) => i).filter(isDone);

describe('the fence', () => {
  test('is the first record of a new owner, and names it', async () => {
    const first = await own();
    const second = await own();
    const fences = (await bench.recorded()).flatMap((one) => (one.is === 'fence' ? [one] : []));
    expect(fences.map(({ offset }) => offset)).toEqual([first.fence, second.fence]);
    expect(fences[0]?.fence).toMatchObject({ producerEpoch: 0, worker: 'w1' });
    expect(fences[1]?.fence).toEqual({ ...fences[0]?.fence, producerEpoch: 1, at: expect.any(Number) });
    expect(fences[1]?.fence).toMatchObject(second.writer.identity);
    expect(second.owner).not.toBe(first.owner);
  });

  test('shuts the earlier owner out, and tells it once', async () => {
    const first = await own();
    await own();
    await expect(first.writer.append(outcome(0))).rejects.toThrow(FencedError);
    await expect(first.writer.append(outcome(1))).rejects.toThrow(FencedError);
    expect(lost).toHaveLength(1);
    expect((await bench.recorded()).map(({ is }) => is)).toEqual(['fence', 'fence']);
  });

  test('leaves the owner of another partition alone', async () => {
    const other = await own({}, 1);
    await own({}, 0);
    const { partition: _, ...record } = outcome(0);
    await other.writer.append({ ...record, partition: 1 });
    expect((await bench.recorded(1)).map(({ is }) => is)).toEqual(['fence', 'event']);
  });

  test('comes before the reading: an outcome that slips in just ahead of it counts as done', async () => {
    const zombie = await own();
    let slipped = false;
    const produce: KafkaCluster['produce'] = async (...request) => {
      if (!slipped) {
        slipped = true;
        await zombie.writer.append(outcome(4));
      }
      return bench.cluster.produce(...request);
    };
    const next = await own({ cluster: { ...bench.cluster, produce } });
    expect(doneOf(next)).toEqual([4]);
    expect((await bench.recorded()).map(({ is }) => is)).toEqual(['fence', 'event', 'fence']);
  });
});

describe('what is done', () => {
  test('nothing, in a partition that nobody has owned', async () => {
    const { from, isDone } = await own();
    expect([from, isDone(0)]).toEqual([0, false]);
  });

  test('is what the events say, whichever owner recorded it; announcements and other topics say nothing', async () => {
    const first = await own();
    await first.writer.append(outcome(0));
    await first.writer.append(told('started', 1));
    await first.writer.append(told('progressed', 1));
    const second = await own();
    await second.writer.append(outcome(2));
    await second.writer.append(outcome(3, { topic: 'another.topic' }));
    await second.writer.append(told('rejected', 5));
    await second.writer.append(told('dead', 6));
    const third = await own();
    expect(third.from).toBe(0);
    expect(doneOf(third)).toEqual([0, 2, 5, 6]);
  });

  test('is what the checkpoint says, and what was recorded after it', async () => {
    for (let i = 0; i < 5; i++) await bench.submit(`job-${i}`);
    const first = await own();
    await bench.commit(0, { offset: 1, next: 5, undone: [1, 3], eventsFrom: first.fence + 1 });
    await first.writer.append(outcome(3));
    await first.writer.append(outcome(7));
    const second = await own();
    expect(second.from).toBe(1);
    expect(doneOf(second)).toEqual([0, 2, 3, 4, 7]);
  });

  test('is read over as many fetches as it takes', async () => {
    const first = await own();
    const result = JSON.stringify('x'.repeat(400_000));
    for (let offset = 0; offset < 25; offset++) await first.writer.append(outcome(offset, { result }));
    expect(doneOf(await own(), 30)).toEqual(Array.from({ length: 25 }, (_, i) => i));
  });

  test('records among the events that are none are passed over', async () => {
    const first = await own();
    const unknown = Buffer.from([0, 0, 0, 0, 99, 1, 2, 3]);
    for (const value of [Buffer.from('hello'), Buffer.alloc(0), unknown, Buffer.from([0, 0, 0, 0, schemaIds.event, 7])])
      await bench.appendRaw(value, { topic: bench.eventsTopic });
    await first.writer.append(outcome(1));
    expect(doneOf(await own())).toEqual([1]);
  });

  test('with the registry away nothing is passed over: the whole is to be tried again', async () => {
    const first = await own();
    await first.writer.append(outcome(1));
    const readEvent = () => Promise.reject(new Error('connection refused'));
    await expect(own({ readEvent })).rejects.toThrow('connection refused');
    expect(doneOf(await own())).toEqual([1]);
  });
});

describe('where it begins', () => {
  test('at the first command that retention has kept, and at the first event', async () => {
    const first = await own();
    for (let i = 0; i < 4; i++) {
      await bench.submit(`job-${i}`);
      await first.writer.append(outcome(i));
    }
    await bench.commit(0, { offset: 1, next: 1, undone: [], eventsFrom: 1 });
    await bench.deleteBefore(bench.topic, 0, 3);
    await bench.deleteBefore(bench.eventsTopic, 0, first.fence + 3);
    const second = await own();
    expect(second.from).toBe(3);
    expect(doneOf(second)).toEqual([0, 2, 3]);
  });
});

test('a take-over that breaks off behind its fence can be repeated, and leaves no writer behind', async () => {
  const first = await own();
  await first.writer.append(outcome(2));
  const committed: KafkaCluster['committed'] = () => Promise.reject(new Error('the coordinator is loading'));
  await expect(own({ cluster: { ...bench.cluster, committed } })).rejects.toThrow('the coordinator is loading');
  const third = await own();
  expect(doneOf(third)).toEqual([2]);
  expect((await bench.recorded()).map(({ is }) => is)).toEqual(['fence', 'event', 'fence', 'fence']);
  await third.writer.append(outcome(3));
  expect(lost).toEqual([]);
});
