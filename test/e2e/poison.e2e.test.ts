// Invariant: a record that nobody can run becomes exactly one dead event, byte for byte and with its cause, and holds up
// neither its partition nor anything else; whatever a foreign producer compresses with, its commands run.
import { beforeAll, expect, inject, test } from 'vitest';
import { createKafka } from '../../platform/kafka.ts';
import { partitionOf } from '../../platform/partition-of.ts';
import { encodeWire } from '../../platform/wire-format.ts';
import { type Command, commandType } from '../../schemas/command.ts';
import { eventType, type JobEvent } from '../../schemas/event.ts';
import { groupNames, subjectNames } from '../../schemas/topics.ts';
import { until } from '../stack/deadline.ts';
import { codecs, hasKcat, produceWithKcat } from '../stack/foreign-producers.ts';
import { readAll, silent, watchedCluster } from '../stack/log.ts';
import { poisonOfEveryKind, type SchemaIds } from '../stack/poison.ts';
import type { Api } from './api.ts';
import { readTopic, terminalEvents } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_PARTITIONS: '4' } });
const commands = system.topics.commands('default');
const partition = 2;
/** Ordering keys of that partition. */
const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`)
  .filter((key) => partitionOf(Buffer.from(key), 4) === partition)
  .slice(0, 20);
const kcat = await hasKcat();
let api: Api;
let projector: ServiceProcess;
/** A command as the API writes it. */
let good: Command;
let ids: SchemaIds;

beforeAll(async () => {
  [api, projector] = await Promise.all([system.startApi(), system.start('projector'), system.start('worker')]);
  await api.put(`demo.echo/first?key=${keys[0]}`, { n: 0, text: 'first' });
  await api.finished(['demo.echo/first']);
  const [command, event] = [(await valuesOf(commands))[0], (await valuesOf(system.topics.events)).at(-1)];
  if (command === undefined || event === undefined) throw new Error('the log is empty');
  good = commandType.fromBuffer(command.subarray(5));
  const json = await latestId(subjectNames(system.prefix).payload('demo.echo'));
  ids = { command: command.readUInt32BE(1), event: event.readUInt32BE(1), json, unknown: 2_000_000_000 };
});

async function valuesOf(topic: string): Promise<Buffer[]> {
  const cluster = await watchedCluster(system.brokers, [topic]);
  try {
    return (await readAll(cluster, topic, partition)).flatMap(({ value }) => value ?? []);
  } finally {
    await cluster.close();
  }
}

async function latestId(subject: string): Promise<number> {
  const answer = await fetch(`${inject('stack').registryUrl}/subjects/${subject}/versions/latest`);
  const { id } = (await answer.json()) as { id: number };
  return id;
}

const commandBytes = (id: string, fields: Partial<Command> = {}) =>
  encodeWire(commandType, ids.command, { ...good, id, key: keys[0] ?? '', ...fields });

/** Resolves to the offsets of the values. */
async function produce(values: (Buffer | null)[]): Promise<number[]> {
  const producer = createKafka({ brokers: system.brokers, clientId: 'test', log: silent }).producer();
  await producer.connect();
  const offsets: number[] = [];
  for (const value of values) {
    const [stored] = await producer.send({ topic: commands, messages: [{ key: 'poison', value, partition }] });
    offsets.push(Number(stored?.baseOffset));
  }
  await producer.disconnect();
  return offsets;
}

const eventsOf = async (): Promise<JobEvent[]> =>
  (await valuesOf(system.topics.events)).flatMap((value) =>
    value.readUInt32BE(1) === ids.event ? [eventType.fromBuffer(value.subarray(5))] : [],
  );

/** Waits until both groups have committed all that is in the partition, in order: workers the commands, projectors both. */
async function caughtUp() {
  const admin = createKafka({ brokers: system.brokers, clientId: 'test', log: silent }).admin();
  await admin.connect();
  const { workers, projectors } = groupNames(system.prefix);
  const ends = async (topic: string) =>
    (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition)?.offset;
  for (const [group, topic] of [
    [workers, commands],
    [projectors, commands],
    [projectors, system.topics.events],
  ] as const)
    await until(`${group} at the end of ${topic}`, async () => {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const committed = found?.partitions.find((one) => one.partition === partition)?.offset;
      return committed === (await ends(topic)) || undefined;
    });
  await admin.disconnect();
}

test('100 poison records among 200 jobs in one partition: the jobs succeed, each poison is one dead event', async () => {
  const poison = Array.from({ length: 100 }, (_, i) => {
    const every = poisonOfEveryKind({ ...good, id: `poison-${i}`, key: keys[0] ?? '' }, ids);
    return every.slice(i % every.length)[0];
  }).flatMap((one) => one ?? []);
  const names = Array.from({ length: 200 }, (_, i) => `demo.echo/among-${i}`);
  const [offsets] = await Promise.all([
    produce(poison.map(({ value }) => value)),
    inParallel(16, names, async (name, n) => {
      const { status } = await api.put(`${name}?key=${keys[n % keys.length]}`, { n, text: 'x' });
      expect(status).toBe(202);
    }),
  ]);
  const jobs = await api.finished(names);
  expect(jobs.map(({ state, result }) => [state, result])).toEqual(
    names.map((_, n) => ['succeeded', { n, length: 1 }]),
  );
  await caughtUp();

  const dead = (await eventsOf()).filter(({ kind }) => kind === 'dead');
  expect(dead.map(({ command }) => command.offset).toSorted((a, b) => a - b)).toEqual(offsets);
  const at = new Map(dead.map((event) => [event.command.offset, event]));
  for (const [i, { kind, value, code, detail }] of poison.entries()) {
    const event = at.get(offsets[i] ?? -1);
    expect(event?.original?.equals(value ?? Buffer.alloc(0)), kind).toBe(true);
    expect(JSON.parse(event?.error ?? '{}'), kind).toMatchObject({ code, detail: expect.stringMatching(detail) });
  }
  // The same for a reader that shares nothing with us.
  const seen = await readTopic(system.brokers, system.topics.events);
  expect(seen.filter(({ type }) => type === 'putlog.job.dead')).toHaveLength(poison.length);
  const outcomes = terminalEvents(seen);
  expect(names.map((name) => outcomes.get(name))).toEqual(names.map(() => ['succeeded']));
  expect(system.alive()).toHaveLength(3);
}, 300_000);

test('a payload that its function cannot take is a dead letter too, and one near 1 MiB runs', async () => {
  const text = 'x'.repeat(1_000_000);
  const poison = [
    commandBytes('not-json', { payload: '{"n":1,' }),
    commandBytes('off-schema', { payload: '{"n":"one","text":"x"}' }),
  ];
  const offsets = await produce([
    ...poison,
    commandBytes('large', { payload: JSON.stringify({ n: 1, text }) }),
    commandBytes('after'),
  ]);
  const names = ['not-json', 'off-schema', 'large', 'after'].map((id) => `demo.echo/${id}`);
  const [notJson, offSchema, large, after] = await api.finished(names);
  expect(notJson).toMatchObject({ state: 'failed', error: { code: 'malformed-json' } });
  expect(offSchema).toMatchObject({ state: 'failed', error: { code: 'invalid-payload', errors: [{ pointer: '/n' }] } });
  expect(large).toMatchObject({ state: 'succeeded', result: { n: 1, length: text.length } });
  expect(after).toMatchObject({ state: 'succeeded' });
  const outcomes = terminalEvents(await readTopic(system.brokers, system.topics.events));
  expect(names.map((name) => outcomes.get(name))).toEqual([['dead'], ['dead'], ['succeeded'], ['succeeded']]);
  const events = await eventsOf();
  for (const [i, value] of poison.entries())
    expect(events.find(({ command }) => command.offset === offsets[i])?.original?.equals(value)).toBe(true);
});

test('the largest record that the topic of commands takes fits into its dead letter, whatever else that says', async () => {
  const wide = { key: '€'.repeat(1_000), digest: '€'.repeat(1_000) };
  const id = 'largest'.padEnd(200, '-');
  const sized = (size: number) => {
    const rest = commandBytes(id, { ...wide, payload: 'x'.repeat(900_000) }).length - 900_000;
    return commandBytes(id, { ...wide, payload: 'x'.repeat(size - rest) });
  };
  // What kafkajs's producer puts around one value with this key: the batch, the record, no headers.
  const largest = sized(1_048_588 - 61 - 17);
  await expect(produce([Buffer.concat([largest, Buffer.alloc(1)])])).rejects.toThrow(
    /larger than the max message size/,
  );
  const [offset] = await produce([largest]);
  const [job] = await api.finished([`demo.echo/${id}`]);
  expect(job).toMatchObject({ state: 'failed', error: { code: 'malformed-json' } });
  const event = (await eventsOf()).find(({ command }) => command.offset === offset);
  expect(event?.original?.equals(largest)).toBe(true);
});

test.runIf(kcat)('what kcat compresses runs, also behind a batch that would not fit into memory', async () => {
  const target = { brokers: system.brokers, topic: commands };
  const settings = ['message.max.bytes=200000000'];
  const bomb = Buffer.alloc(70 * 2 ** 20);
  const before = (await eventsOf()).filter(({ kind }) => kind === 'dead').length;
  for (const codec of codecs) {
    if (codec === 'zstd') await produceWithKcat({ ...target, codec }, bomb, { partition, settings });
    await produceWithKcat({ ...target, codec }, commandBytes(`by-${codec}`), { partition });
  }
  const jobs = await api.finished(codecs.map((codec) => `demo.echo/by-${codec}`));
  expect(jobs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  await caughtUp();
  const dead = (await eventsOf()).filter(({ kind }) => kind === 'dead').slice(before);
  expect(dead.map(({ error }) => String(JSON.parse(error ?? '{}').detail))).toEqual([
    expect.stringMatching(/^a batch of 1 records cannot be read: zstd: /),
  ]);
  const offset = dead[0]?.command.offset;
  const told = (await projector.output()).split('\n').filter((line) => line.includes('a batch cannot be opened'));
  expect(told.map((line) => JSON.parse(line))).toMatchObject([
    { topic: commands, partition, first: offset, last: offset },
  ]);
  expect(system.alive()).toHaveLength(3);
});
