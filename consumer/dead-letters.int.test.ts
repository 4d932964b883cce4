// Dead letters of commands that could be decoded and cannot be run: each has the bytes of its record as they stand in the log,
// whoever wrote them, and is recorded however large it is.
import { expect, test } from 'vitest';
import type { KafkaCluster } from '../platform/cluster.ts';
import { createDecoder, encodeWire } from '../platform/wire-format.ts';
import { type Command, commandSchema, commandType } from '../schemas/command.ts';
import { until } from '../test/stack/deadline.ts';
import { createCall } from './call-job.ts';
import { type Driven, drive, useBench } from './drive.fixture.ts';
import { createHandlerRunner } from './handler-runner.ts';
import { type Bench, schemaIds } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

/** The id under which another program has registered the same schema. */
const foreignSchema = 7;

async function run(replaced: Partial<RunnerTools> = {}): Promise<Driven> {
  const schemaById = async () => commandSchema;
  const readCommand = createDecoder<Command>(commandType, schemaIds.command, schemaById);
  const handlers = createHandlerRunner({
    ...{ threads: 1, resultLimitBytes: 1_000, mongoUri: '', outbound: { allowPrivate: false } },
    blobs: {} as never,
  });
  const driven = drive(bench, bench.tools({ call: createCall(handlers), readCommand, ...replaced }));
  drives.push(driven);
  await driven.runner.start();
  return driven;
}
const events = async () => (await bench.recorded()).flatMap((one) => (one.is === 'event' ? [one.event] : []));
const notJson = (id: string, schemaId = schemaIds.command, fields: Partial<Command> = {}) =>
  encodeWire(commandType, schemaId, bench.command(id, { payload: '{"n":1,', ...fields }));

/** The same command with the length of its type in two bytes where one would do, as some encoders write it. */
function inOtherWords(value: Buffer): Buffer {
  const [before, length] = [value.subarray(0, 6), value[6] ?? 0];
  return Buffer.concat([before, Buffer.from([length + 128, 0]), value.subarray(7)]);
}

test('a payload that is not JSON is dead with the bytes of its record, however they were written', async () => {
  const records = [notJson('own'), notJson('foreign', foreignSchema), inOtherWords(notJson('padded'))];
  const missing = notJson('missing', foreignSchema, { type: 'no.such', payload: '{}' });
  for (const value of [...records, missing]) await bench.appendRaw(value);
  await bench.submit('good');
  await (await run()).done(5);
  const recorded = (await events()).toSorted((a, b) => a.command.offset - b.command.offset);
  expect(recorded.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
    ...['own dead', 'foreign dead', 'padded dead', 'missing dead', 'good succeeded'],
  ]);
  for (const [i, value] of [...records, missing].entries()) {
    const { original, error } = recorded[i] ?? {};
    expect(original?.equals(value)).toBe(true);
    expect(JSON.parse(error ?? '{}').code).toBe(i < 3 ? 'malformed-json' : 'unknown-job-type');
  }
});

test('one whose event would be too large is dead without them, and says where they are', async () => {
  // As much as these topics take of a command; of an event they take no more.
  const value = notJson('large', schemaIds.command, { payload: 'x'.repeat(1_048_300) });
  const offset = await bench.appendRaw(value);
  await bench.submit('good');
  await (await run()).done(2);
  const [large, good] = (await events()).toSorted((a, b) => a.command.offset - b.command.offset);
  expect(large).toMatchObject({ kind: 'dead', original: null, command: { topic: bench.topic, partition: 0, offset } });
  const { code, detail } = JSON.parse(large?.error ?? '{}');
  expect(code).toBe('malformed-json');
  expect(detail).toContain(
    `Its ${value.length} bytes do not fit into an event; they stand at ${bench.topic}/0@${offset}`,
  );
  expect(good).toMatchObject({ kind: 'succeeded' });
});

test('while the log cannot be read it waits; where the record is gone by then, the command is encoded anew', async () => {
  const value = notJson('deleted', foreignSchema);
  await bench.appendRaw(value);
  await bench.submit('good');
  let asked = 0;
  let gone = false;
  const fetch: KafkaCluster['fetch'] = async (topic, ...rest) => {
    if (topic !== bench.topic || gone) return bench.cluster.fetch(topic, ...rest);
    asked++;
    throw new Error('the leader is away');
  };
  const driven = await run({ cluster: { ...bench.cluster, fetch } });
  await until('it asks again', async () => (asked > 1 ? true : undefined));
  expect((await events()).map(({ id }) => id)).toEqual(['good']);
  const admin = bench.kafka.admin();
  await admin.connect();
  await admin.fetchTopicMetadata({ topics: [bench.topic] });
  await admin.deleteTopicRecords({ topic: bench.topic, partitions: [{ partition: 0, offset: '1' }] });
  await admin.disconnect();
  gone = true;
  await driven.done(2);
  const [, dead] = await events();
  expect(dead).toMatchObject({ id: 'deleted', kind: 'dead' });
  const { original } = dead ?? {};
  expect(original?.readUInt32BE(1)).toBe(schemaIds.command);
  expect(original?.subarray(5).equals(value.subarray(5))).toBe(true);
});
