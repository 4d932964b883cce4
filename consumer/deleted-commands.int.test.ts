// Commands, and events, that are deleted before a worker has taken them: it goes on from what is left, and says what is gone.
import { expect, inject, test } from 'vitest';
import { createKafka } from '../platform/kafka.ts';
import { until } from '../test/stack/deadline.ts';
import { toldLog } from '../test/stack/told-log.ts';
import { useBench } from './drive.fixture.ts';
import { outcomeEvent } from './outcome.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';
import { takeOver } from './take-over.ts';
import { joinWorkerGroup } from './worker-group.ts';

let bench: Bench;
useBench((opened) => {
  bench = opened;
});
const gone = (fields: object) => ({
  ...{ level: 50, topic: bench.topic, partition: 0, ...fields },
  msg: expect.stringContaining('commands were deleted before they ran'),
});
const outcome = (offset: number) => {
  const about = { position: { topic: bench.topic, partition: 0, offset }, startedAt: 1, at: Date.now(), worker: 'w0' };
  return bench.records.event(
    outcomeEvent({ kind: 'succeeded', result: '1' }, bench.command(`${offset}`), about),
    undefined,
  );
};

async function own() {
  const { log, told } = toldLog();
  const place = { topic: bench.topic, partition: 0 };
  const taken = await takeOver({ ...bench.tools(), log }, place, () => undefined);
  taken.tellDeleted();
  return { ...taken, told };
}

test('a takeover tells which commands are gone that nobody has run, once, and begins at what is left', async () => {
  const first = await own();
  for (let i = 0; i < 8; i++) await bench.submit(`${i}`);
  await first.writer.append(outcome(5));
  await bench.commit(0, { offset: 1, next: 4, undone: [1, 3], eventsFrom: first.fence + 1 });
  await bench.deleteBefore(bench.topic, 0, 7);
  const second = await own();
  await first.writer.close(0);
  await second.writer.close(0);
  expect(second.from).toBe(7);
  expect(first.told()).toEqual([]);
  expect(second.told()).toEqual([gone({ first: 1, last: 6, commands: 4, logStart: 7 })]);
});

test('a takeover says nothing of commands that had run before they were deleted', async () => {
  const first = await own();
  for (let i = 0; i < 4; i++) await bench.submit(`${i}`);
  await first.writer.append(outcome(2));
  await bench.commit(0, { offset: 2, next: 3, undone: [2], eventsFrom: first.fence + 1 });
  await bench.deleteBefore(bench.topic, 0, 3);
  const second = await own();
  await first.writer.close(0);
  await second.writer.close(0);
  expect([second.from, second.told()]).toEqual([3, []]);
});

test('a takeover tells that events are gone which say what is done, where commands wait', async () => {
  const first = await own();
  for (let i = 0; i < 2; i++) await bench.submit(`${i}`);
  const at = await first.writer.append(outcome(0));
  await bench.deleteBefore(bench.eventsTopic, 0, at + 1);
  const second = await own();
  await first.writer.close(0);
  await second.writer.close(0);
  const fields = { topic: bench.eventsTopic, partition: 0, first: 0, last: at, commands: bench.topic, from: 0 };
  const msg = expect.stringContaining('events were deleted that say which commands are done');
  expect(second.told()).toEqual([{ level: 50, ...fields, msg }]);
});

/** A worker that has fetched the first command, waits for the registry with it, and fetches no more meanwhile. */
async function stuckWorker() {
  const { log, told } = toldLog();
  const { readCommand, ...tools } = bench.tools({ log });
  const away = Promise.withResolvers<void>();
  const late: RunnerTools['readCommand'] = async (value) => {
    await away.promise;
    return readCommand(value);
  };
  await bench.submit('0');
  const fatal: unknown[] = [];
  const group = await joinWorkerGroup({
    kafka: createKafka({ brokers: inject('stack').brokers, clientId: 'test', log, patient: true }),
    ...{ log, topics: [bench.topic], fatal: (error) => fatal.push(error) },
    tools: { ...tools, readCommand: late },
  });
  await until('the first command', async () => {
    const runner = [...group.runners()].find(({ partition }) => partition === 0);
    return runner?.received === 1 && runner.busy ? true : undefined;
  });
  const errors = () => told().filter(({ msg, level }) => level >= 50 && !msg.startsWith('kafkajs'));
  return { group, back: away.resolve, errors, fatal };
}
const ran = async () =>
  (await bench.recorded()).flatMap((one) => (one.is === 'event' && one.event.kind === 'succeeded' ? one.event.id : []));
const committed = (offset: number) =>
  until(
    `${offset} is committed`,
    async () => {
      const at = await bench.cluster.committed(bench.group, bench.topic, 0);
      return at?.offset === offset ? true : undefined;
    },
    20_000,
  );

test('a worker that runs tells what was deleted before it could fetch it, and runs the rest', async () => {
  const { group, back, errors, fatal } = await stuckWorker();
  for (const id of ['1', '2', '3', '4']) await bench.submit(id);
  await bench.deleteBefore(bench.topic, 0, 3);
  back();
  await committed(5);
  expect(await ran()).toEqual(['0', '3', '4']);
  expect(errors()).toEqual([gone({ first: 1, last: 2, commands: 2, logStart: 3 })]);
  await group.stop(1_000);
  expect(fatal).toEqual([]);
});

test('a worker tells it too where nothing is left, and does not stand still over it', async () => {
  const { group, back, errors, fatal } = await stuckWorker();
  for (const id of ['1', '2']) await bench.submit(id);
  await bench.deleteBefore(bench.topic, 0, 3);
  back();
  await committed(3);
  expect(errors()).toEqual([gone({ first: 1, last: 2, commands: 2, logStart: 3 })]);
  await bench.submit('3');
  await committed(4);
  expect(await ran()).toEqual(['0', '3']);
  await group.stop(1_000);
  expect(fatal).toEqual([]);
});
