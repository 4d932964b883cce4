import type { KafkaMessage } from 'kafkajs';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { UndecodableError } from '../platform/wire-format.ts';
import type { Command } from '../schemas/command.ts';
import { type Arrival, createInbox, type InboxOptions } from './inbox.ts';

const commandOf = (id: string): Command => {
  const submit = { kind: 'submit', type: 't', id, generation: 0, attempt: 1, key: id, payload: '{}' } as const;
  return { ...submit, digest: 'd', submittedAt: 1, dueAt: null, after: null, options: null };
};
const messageOf = (offset: number): KafkaMessage => ({
  ...{
    key: null,
    value: Buffer.from(String(offset)),
    timestamp: '0',
    attributes: 0,
    offset: String(offset),
    headers: {},
  },
});
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function prepare(replaced: Partial<InboxOptions> = {}) {
  const accepted: Arrival[] = [];
  const fatal: unknown[] = [];
  let [space, admitted] = [Number.POSITIVE_INFINITY, 0];
  const inbox = createInbox({
    readCommand: (value) => commandOf(String(value)),
    room: () => accepted.length < space,
    accept: (arrival) => accepted.push(arrival),
    admitted: () => {
      admitted++;
    },
    fatal: (error) => fatal.push(error),
    log: pino({ level: 'silent' }),
    ...replaced,
  });
  const push = (...offsets: number[]) => {
    for (const offset of offsets) inbox.push(messageOf(offset));
    inbox.admit();
  };
  const offsets = () => accepted.map(({ message }) => Number(message.offset));
  const limit = (count: number) => {
    space = count;
  };
  return { inbox, accepted, fatal, push, offsets, limit, admitted: () => admitted };
}

test('hands over in the order of the log, as much as there is room for', () => {
  const { inbox, push, offsets, limit } = prepare();
  limit(2);
  push(0, 1, 2, 3);
  expect([offsets(), inbox.length]).toEqual([[0, 1], 2]);
  limit(3);
  inbox.admit();
  expect([offsets(), inbox.length]).toEqual([[0, 1, 2], 1]);
  limit(9);
  push(4);
  expect([offsets(), inbox.length]).toEqual([[0, 1, 2, 3, 4], 0]);
});

test('a schema that must be asked for holds back what is behind it, not what is before it', async () => {
  const schema = Promise.withResolvers<Command>();
  const readCommand = (value: Buffer | null) => (String(value) === '1' ? schema.promise : commandOf(String(value)));
  const { inbox, push, offsets, admitted } = prepare({ readCommand });
  push(0, 1, 2);
  push(3);
  await turn();
  expect([offsets(), inbox.length]).toEqual([[0], 3]);
  schema.resolve(commandOf('1'));
  await turn();
  expect([offsets(), inbox.length, admitted()]).toEqual([[0, 1, 2, 3], 0, 1]);
});

test('poison comes out in its place, told at once or late', async () => {
  const poison = new UndecodableError('no');
  const readCommand = (value: Buffer | null) => {
    if (String(value) === '1') throw poison;
    return String(value) === '2' ? Promise.reject(poison) : commandOf(String(value));
  };
  const { push, accepted, offsets } = prepare({ readCommand });
  push(0, 1, 2, 3);
  await turn();
  expect(offsets()).toEqual([0, 1, 2, 3]);
  expect(accepted.map(({ command }) => command)).toEqual([commandOf('0'), poison, poison, commandOf('3')]);
});

test('what stands for a batch that nobody can open is poison, whatever its bytes could be taken for', () => {
  const { inbox, accepted } = prepare();
  inbox.push({ ...messageOf(0), ...{ unreadable: 'a batch of 3 records cannot be read' } });
  inbox.admit();
  expect(accepted[0]?.command).toEqual(new UndecodableError('a batch of 3 records cannot be read'));
});

test('with the registry away it asks again until it is back, and gives nothing up', async () => {
  const back = Promise.withResolvers<void>();
  let tries = 0;
  const readCommand = async (value: Buffer | null) => {
    tries++;
    if (tries < 3) throw new Error('connection refused');
    back.resolve();
    return commandOf(String(value));
  };
  const { push, offsets, fatal } = prepare({ readCommand });
  push(0);
  await turn();
  expect(offsets()).toEqual([]);
  await back.promise;
  await turn();
  expect([offsets(), tries, fatal]).toEqual([[0], 3, []]);
});

test('closed while it waits: nothing more comes out, and nothing is fatal', async () => {
  const schema = Promise.withResolvers<Command>();
  const { inbox, push, offsets, fatal } = prepare({ readCommand: () => schema.promise });
  push(0, 1);
  inbox.close();
  schema.resolve(commandOf('0'));
  await turn();
  inbox.admit();
  expect([offsets(), inbox.length, fatal]).toEqual([[], 0, []]);
});

test('a fault in what it is handed to is told as fatal', async () => {
  const accept = () => {
    throw new Error('a fault of ours');
  };
  const { push, fatal } = prepare({ accept, readCommand: async () => commandOf('0') });
  push(0);
  await turn();
  expect(fatal).toEqual([expect.objectContaining({ message: 'a fault of ours' })]);
});
