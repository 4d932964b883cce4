// What producers that nobody here wrote may put into a topic of commands: commands in every compression, which run, and
// poison of every kind, which becomes one dead event each with its bytes and its cause while its partition moves on.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IHeaders } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { createRegistry } from '../platform/registry.ts';
import { createDecoder, encodeWire } from '../platform/wire-format.ts';
import { type Command, commandSchema, commandType } from '../schemas/command.ts';
import { commandFault } from '../schemas/command-fault.ts';
import { eventSchema } from '../schemas/event.ts';
import { until } from '../test/stack/deadline.ts';
import { codecs, hasKcat, produceWithJava, produceWithKcat } from '../test/stack/foreign-producers.ts';
import { randomName } from '../test/stack/log.ts';
import { poisonOfEveryKind } from '../test/stack/poison.ts';
import { type Driven, drive } from './drive.fixture.ts';
import { type Bench, createBench, schemaIds } from './partition.fixture.ts';

const { brokers } = inject('stack');
const kcat = await hasKcat();
let bench: Bench;
let driven: Driven | undefined;

beforeEach(async () => {
  bench = await createBench(inject('stack'), 1);
});
afterEach(async () => {
  await driven?.stop();
  driven = undefined;
  expect(bench.fatal).toEqual([]);
  await bench.close();
});

/** Runs the partition; with a registry, what it says of schemas counts, and what is wrong with a command is looked for. */
async function run(registryUrl = 'http://127.0.0.1:9'): Promise<Driven> {
  const { schemaById } = createRegistry({ url: registryUrl, log: bench.log });
  const readCommand = createDecoder<Command>(commandType, schemaIds.command, schemaById, commandFault);
  driven = drive(bench, bench.tools({ readCommand }));
  await driven.runner.start();
  return driven;
}
const eventsOf = async () => (await bench.recorded()).flatMap((one) => (one.is === 'event' ? [one.event] : []));
const kinds = async () => (await eventsOf()).map(({ id, kind }) => `${id} ${kind}`).toSorted();
const detailOf = ({ error }: { error: string | null }) => String(JSON.parse(error ?? '{}').detail);
const bytesOf = (id: string, fields: Partial<Command> = {}, schemaId = schemaIds.command) =>
  encodeWire(commandType, schemaId, bench.command(id, fields));

/** Compresses well, is UTF-8 and has no line in it: no number in it is above 63, and none is 5, which Avro writes as LF. */
const oneLine = (id: string) =>
  bytesOf(id, { key: 'k'.repeat(60), payload: `"${'p'.repeat(58)}"`, digest: 'd'.repeat(60), submittedAt: 7 });

const codecOf = (message: object): number =>
  'batchContext' in message ? (message.batchContext as { codec: number }).codec : Number.NaN;

/** Which codec each record came in, by its offset, as kafkajs's own consumer reads them. */
async function codecsRead(count: number): Promise<number[]> {
  const consumer = bench.kafka.consumer({ groupId: randomName('codecs'), sessionTimeout: 6_000, maxWaitTimeInMs: 100 });
  const found = new Map<string, number>();
  await consumer.connect();
  await consumer.subscribe({ topic: bench.topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      found.set(message.offset, codecOf(message));
    },
  });
  await until(`${count} records`, async () => (found.size >= count ? true : undefined));
  await consumer.disconnect();
  return [...found].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, codec]) => codec);
}

describe('commands in every compression run', () => {
  test("of Kafka's own console producer", { timeout: 180_000 }, async () => {
    for (const codec of codecs)
      await produceWithJava({ brokers, topic: bench.topic, codec }, [
        oneLine(`${codec}-first`),
        oneLine(`${codec}-last`),
      ]);
    await (await run()).done(8);
    const expected = codecs.flatMap((codec) => [`${codec}-first succeeded`, `${codec}-last succeeded`]);
    expect(await kinds()).toEqual(expected.toSorted());
    expect(await codecsRead(8)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  });

  test.runIf(kcat)('of kcat', async () => {
    const large = { payload: JSON.stringify({ text: 'large and again '.repeat(40_000) }) };
    for (const codec of codecs)
      for (const fields of [{}, large])
        await produceWithKcat(
          { brokers, topic: bench.topic, codec },
          bytesOf(`${codec}-${Object.keys(fields).length}`, fields),
        );
    await (await run()).done(8);
    expect(await kinds()).toEqual(
      codecs.toSorted().flatMap((codec) => [`${codec}-0 succeeded`, `${codec}-1 succeeded`]),
    );
    const seen = await codecsRead(8);
    expect(seen.filter((_, offset) => offset % 2 === 1)).toEqual([1, 2, 3, 4]);
  });

  test.runIf(kcat)(
    'one that would become too large for memory is one dead event with the batch as it came',
    async () => {
      // Snappy cannot make so much of a batch that the broker takes.
      const bombs = codecs.filter((codec) => codec !== 'snappy');
      const settings = ['message.max.bytes=200000000'];
      for (const codec of bombs)
        await produceWithKcat({ brokers, topic: bench.topic, codec }, Buffer.alloc(70 * 2 ** 20), { settings });
      await bench.submit('good');
      await (await run()).done(bombs.length + 1);
      const dead = (await eventsOf()).filter(({ kind }) => kind === 'dead');
      const tooLarge = 'it would become more than 67108864 bytes';
      expect(dead.map(detailOf)).toEqual(
        bombs.map((codec) => `a batch of 1 records cannot be read: ${codec}: ${tooLarge}`),
      );
      for (const { original } of dead) {
        // From the magic byte on, which is 2.
        expect(original?.[0]).toBe(2);
        expect(original?.length).toBeLessThan(5_000_000);
      }
      expect(await kinds()).toContain('good succeeded');
    },
  );
});

/** A registry that knows these schemas, by id, and that is away as long as `away` says so. */
async function startRegistry(schemas: Record<number, { schema: string; schemaType?: string }>) {
  const state = { away: false, asked: 0 };
  const server = createServer((request, response) => {
    state.asked++;
    const found = schemas[Number(request.url?.split('/').at(-1))];
    const [status, body] = state.away ? [500, 'out of order'] : [found ? 200 : 404, JSON.stringify(found ?? {})];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, state, [Symbol.dispose]: () => server.close() };
}

const schemas = {
  9: { schema: JSON.stringify(eventSchema) },
  // One that no validator compiles: it is no absence of the registry.
  10: { schema: '{"type":"nonsense"}', schemaType: 'JSON' },
  11: { schema: JSON.stringify(commandSchema) },
};

type Foreign = { key?: Buffer | null; value: Buffer | null; headers?: IHeaders };

/** Through kafkajs's producer, because ours cannot leave a key or a value out. */
async function produce(messages: Foreign[]) {
  const producer = bench.kafka.producer();
  await producer.connect();
  for (const { key = null, value, headers = {} } of messages)
    await producer.send({ topic: bench.topic, messages: [{ partition: 0, key, value, headers }] });
  await producer.disconnect();
}

describe('poison becomes one dead event with its bytes and its cause, and its partition moves on', () => {
  test('whatever its value is', async () => {
    using registry = await startRegistry(schemas);
    const command = bench.command('poison', { digest: 'digest'.repeat(8) });
    const poison = poisonOfEveryKind(command, { command: schemaIds.command, event: 9, json: 10, unknown: 99 });
    await produce(poison.flatMap(({ value }, i) => [{ value }, { value: bytesOf(`good-${i}`) }]));
    await (await run(registry.url)).done(2 * poison.length);
    const events = await eventsOf();
    expect(events).toHaveLength(2 * poison.length);
    for (const [i, { kind, value, code, detail }] of poison.entries()) {
      const [event, ...more] = events.filter(({ command: { offset } }) => offset === 2 * i);
      expect([event?.kind, more.length], kind).toEqual(['dead', 0]);
      expect(event?.original?.equals(value ?? Buffer.alloc(0)), kind).toBe(true);
      expect(JSON.parse(event?.error ?? '{}'), kind).toMatchObject({ code, detail: expect.stringMatching(detail) });
      expect(events.filter(({ id }) => id === `good-${i}`).map((one) => one.kind)).toEqual(['succeeded']);
    }
  });

  test('what is odd about a record beside its value is none', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const odd: Omit<Foreign, 'value'>[] = [
      { key: null },
      { key: Buffer.alloc(0) },
      { key: Buffer.alloc(900_000, 'k') },
      { key: Buffer.from([0xff, 0, 0xfe]) },
      { headers: {} },
      { headers: { traceparent: [traceparent, traceparent] } },
      { headers: { traceparent: 'not a traceparent' } },
      { headers: { traceparent: Buffer.alloc(500_000, 0xff) } },
      { headers: { ce_type: 'putlog.fence', 'content-type': 'text/plain', unreadable: 'no' } },
      { headers: { toString: 'a', constructor: 'b', hasOwnProperty: 'c' } },
      { headers: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`h${i}`, ''])) },
    ];
    await produce(odd.map((fields, i) => ({ ...fields, value: bytesOf(`odd-${i}`) })));
    await (await run()).done(odd.length);
    expect(await kinds()).toEqual(odd.map((_, i) => `odd-${i} succeeded`).toSorted());
  });
});

describe('a registry that is away is no reason to give a record up', () => {
  test('with answers of 500 it waits and asks again; then the record runs, and what is behind it', async () => {
    using registry = await startRegistry(schemas);
    registry.state.away = true;
    await produce([{ value: bytesOf('cached') }, { value: bytesOf('waits', {}, 11) }, { value: bytesOf('behind') }]);
    const { done } = await run(registry.url);
    await done(1);
    await until('three questions', async () => (registry.state.asked >= 3 ? true : undefined));
    expect(await kinds()).toEqual(['cached succeeded']);
    registry.state.away = false;
    await done(3);
    expect(await kinds()).toEqual(['behind succeeded', 'cached succeeded', 'waits succeeded']);
  });
});
