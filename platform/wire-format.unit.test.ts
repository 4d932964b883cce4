import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Command, commandSchema, commandType } from '../schemas/command.ts';
import { eventKinds, eventType, type JobEvent } from '../schemas/event.ts';
import { type Fence, fenceType } from '../schemas/fence.ts';
import { createDecoder, encodeWire, schemaIdOf, UndecodableError } from './wire-format.ts';

const none = () => Promise.reject(new UndecodableError('there is no such schema'));
const text = fc.string({ unit: 'binary', maxLength: 40 });
const time = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 });
const position = fc.record({ topic: text, partition: count, offset });
const submit = { kind: 'submit', type: 't', id: '1', generation: 0, attempt: 1, key: 'k', payload: '{}' } as const;
const command: Command = { ...submit, digest: 'd', submittedAt: 5, dueAt: null, after: null, options: null };

const commands: fc.Arbitrary<Command> = fc.record({
  ...{ kind: fc.constantFrom('submit', 'run'), type: text, id: text, generation: count, attempt: count, key: text },
  ...{ payload: text, digest: text, submittedAt: time, dueAt: fc.option(time), after: fc.option(position) },
  options: fc.option(text),
});
const events: fc.Arbitrary<JobEvent> = fc.record({
  ...{ kind: fc.constantFrom(...eventKinds), type: text, id: text, generation: count, attempt: count, key: text },
  ...{ digest: text, submittedAt: time, startedAt: fc.option(time), at: time, worker: text },
  command: position,
  ...{ result: fc.option(text), error: fc.option(text) },
  progress: fc.option(text),
  ...{ dueAt: fc.option(time), payload: fc.option(text), inPlace: fc.boolean(), options: fc.option(text) },
  original: fc.option(fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))),
});
const fences: fc.Arbitrary<Fence> = fc.record({
  ...{ identity: text, producerId: text, producerEpoch: count, worker: text, at: time },
  undone: fc.option(fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))),
});

describe('what is written is read again as it was', () => {
  test('commands', () => {
    const read = createDecoder<Command>(commandType, 7, none);
    fc.assert(
      fc.property(commands, (one) => {
        expect(read(encodeWire(commandType, 7, one))).toEqual(one);
      }),
    );
  });
  test('events', () => {
    const read = createDecoder<JobEvent>(eventType, 7, none);
    fc.assert(
      fc.property(events, (one) => {
        expect(read(encodeWire(eventType, 7, one))).toEqual(one);
      }),
    );
  });
  test('fences', () => {
    const read = createDecoder<Fence>(fenceType, 7, none);
    fc.assert(
      fc.property(fences, (one) => {
        expect(read(encodeWire(fenceType, 7, one))).toEqual(one);
      }),
    );
  });
  test('a value larger than any before it, and the ones that follow are buffers of their own', () => {
    const read = createDecoder<Command>(commandType, 1, none);
    const large = encodeWire(commandType, 1, { ...command, payload: 'é'.repeat(300_000) });
    const small = encodeWire(commandType, 1, command);
    expect(read(large)).toMatchObject({ payload: 'é'.repeat(300_000) });
    expect(read(small)).toEqual(command);
  });
});

test('begins with a zero byte and the id of the schema in four', () => {
  const value = encodeWire(commandType, 0x01020304, command);
  expect([...value.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
  expect(schemaIdOf(value)).toBe(0x01020304);
});

describe('what another version wrote', () => {
  const older = structuredClone({
    ...commandSchema,
    fields: commandSchema.fields.filter(({ name }) => name !== 'attempt'),
  });
  const olderType = avro.Type.forSchema(older as never);
  const { attempt: _, ...withoutAttempt } = command;

  test('is read through its own schema, asked for once, with the defaults of ours', async () => {
    const asked: number[] = [];
    const read = createDecoder<Command>(commandType, 7, async (id) => {
      asked.push(id);
      return older;
    });
    const value = encodeWire(olderType, 6, withoutAttempt);
    expect(await read(value)).toEqual(command);
    expect(read(value), 'at once, now that it is known').toEqual(command);
    expect(asked).toEqual([6]);
  });

  test('under a schema that says something else is undecodable', async () => {
    const read = createDecoder<Command>(commandType, 7, async () => ({ type: 'record', name: 'Other', fields: [] }));
    await expect(read(Buffer.from([0, 0, 0, 0, 9, 1]))).rejects.toThrow(UndecodableError);
  });

  test('under an id that nobody knows is undecodable; with the registry away it is not', async () => {
    const value = Buffer.from([0, 0, 0, 0, 9, 1]);
    await expect(createDecoder(commandType, 7, none)(value)).rejects.toThrow(UndecodableError);
    const away = new Error('connection refused');
    await expect(createDecoder(commandType, 7, () => Promise.reject(away))(value)).rejects.toBe(away);
  });
});

describe('bytes that are no value', () => {
  const read = createDecoder<Command>(commandType, 7, none);
  const good = encodeWire(commandType, 7, command);
  test.each([
    ['no value', null],
    ['too few bytes', Buffer.from([0, 0, 0, 0, 7])],
    ['another first byte', Buffer.from('{"type":"t"}')],
    ['cut short', good.subarray(0, good.length - 1)],
    ['bytes left over', Buffer.concat([good, Buffer.from([0])])],
    ['a kind that does not exist', Buffer.from([0, 0, 0, 0, 7, 0x40, 0])],
    ['a string of negative length', Buffer.from([0, 0, 0, 0, 7, 0, 0x03, 0, 0])],
  ])('%s', (_, value) => {
    expect(() => read(value)).toThrow(UndecodableError);
  });

  test('a string that is not UTF-8; one that holds the sign for it is a string', () => {
    const spoilt = encodeWire(commandType, 7, { ...command, key: 'spoil me' });
    spoilt[spoilt.indexOf('spoil') + 2] = 0xff;
    expect(() => read(spoilt)).toThrow(/a string is not UTF-8/);
    const honest = { ...command, key: '\ufffd and \ufffd', payload: '"\ufffd"' };
    expect(read(encodeWire(commandType, 7, honest))).toEqual(honest);
  });

  test('what can be decoded and still not be used, in the words of whoever finds it', () => {
    const picky = createDecoder<Command>(commandType, 7, none, ({ id }) => (id === '' ? 'it has no id' : undefined));
    expect(picky(good)).toEqual(command);
    const refused = () => picky(encodeWire(commandType, 7, { ...command, id: '' }));
    expect(refused).toThrow(UndecodableError);
    expect(refused).toThrow('not a putlog.Command that can be used: it has no id');
  });

  test('whatever they are, they are decoded or undecodable, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          read(Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(UndecodableError);
        }
      }),
    );
  });
});
