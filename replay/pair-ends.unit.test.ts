import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '../schemas/command.ts';
import type { EventKind, JobEvent } from '../schemas/event.ts';
import { createPairing, type PastCall } from './pair-ends.ts';

const topic = 'c';
const events = 'e';

const call = (id: string, more: Partial<Command> = {}): PastCall => ({
  traceparent: undefined,
  command: {
    ...{ kind: 'submit', type: 't', id, generation: 0, attempt: 1, key: id, payload: '{}', digest: 'd' },
    ...{ submittedAt: 0, dueAt: null, after: null, options: null, ...more },
  },
});

const event = (kind: EventKind, id: string, offset: number, more: Partial<JobEvent> = {}): JobEvent => ({
  ...{ kind, type: 't', id, generation: 0, attempt: 1, key: id, digest: 'd', submittedAt: 0, startedAt: 0, at: 0 },
  ...{ worker: 'w', command: { topic, partition: 0, offset }, result: '1', error: null, original: null },
  ...{ progress: null, dueAt: null, payload: null, inPlace: false, options: null, ...more },
});

const never = () => false;
const always = () => true;

test('a command waits for its end, through what is told of it before', () => {
  const pairing = createPairing();
  expect(pairing.takeCommand(topic, 4, call('1'))).toBeUndefined();
  for (const kind of ['scheduled', 'started', 'progressed', 'retrying'] as const)
    expect(pairing.takeEvent(events, 0, event(kind, '1', 4), never)).toBeUndefined();
  const found = pairing.takeEvent(events, 9, event('dead', '1', 7, { attempt: 3 }), never);
  expect(found?.call).toEqual({ topic, offset: 4, value: call('1') });
  expect(found?.end).toMatchObject({ topic: events, offset: 9, value: { kind: 'dead', attempt: 3 } });
  expect(pairing.waiting).toBe(0);
});

test('an end whose writer has an earlier clock waits for its command; one of before the span does not', () => {
  const pairing = createPairing();
  expect(pairing.takeEvent(events, 0, event('succeeded', '1', 4), always)).toBeUndefined();
  expect(pairing.takeEvent(events, 1, event('succeeded', '2', 5), never)).toBeUndefined();
  expect(pairing.takeCommand(topic, 4, call('1'))).toMatchObject({ end: { offset: 0 } });
  expect(pairing.takeCommand(topic, 5, call('2'))).toBeUndefined();
  expect(pairing.waiting).toBe(1);
});

test('generations are apart, and a call that is repeated runs once', () => {
  const pairing = createPairing();
  pairing.takeCommand(topic, 0, call('1'));
  pairing.takeCommand(topic, 1, call('1', { generation: 1 }));
  pairing.takeCommand(topic, 2, call('1'));
  expect(pairing.takeEvent(events, 0, event('succeeded', '1', 0), never)).toBeDefined();
  expect(pairing.takeCommand(topic, 3, call('1'))).toBeUndefined();
  expect([pairing.waiting, pairing.repeated]).toEqual([1, 2]);
});

test('another payload under an id has no end of its own, and does not get that of the first', () => {
  const pairing = createPairing();
  pairing.takeCommand(topic, 0, call('1', { digest: 'other' }));
  expect(pairing.takeEvent(events, 0, event('succeeded', '1', 9), never)).toBeUndefined();
  expect(pairing.waiting).toBe(1);
  pairing.takeEvent(events, 1, event('rejected', '1', 0, { digest: 'other' }), never);
  expect([pairing.waiting, pairing.repeated]).toEqual([0, 1]);
});

test('of what is too much to be kept the place is known', () => {
  const pairing = createPairing(10);
  pairing.takeCommand(topic, 0, call('1', { payload: 'x'.repeat(8) }));
  pairing.takeCommand(topic, 1, call('2', { payload: 'x'.repeat(8) }));
  const first = pairing.takeEvent(events, 0, event('succeeded', '2', 1), never);
  expect(first?.call).toEqual({ topic, offset: 1, value: undefined });
  expect(pairing.takeEvent(events, 1, event('succeeded', '1', 0), never)?.call.value).toBeDefined();
  pairing.takeCommand(topic, 2, call('3', { payload: 'x'.repeat(8) }));
  expect(
    pairing.takeEvent(events, 2, event('succeeded', '3', 2), never)?.call.value,
    'there is room again',
  ).toBeDefined();
});

test('in whatever order commands and ends come, each call has its own end', () => {
  const order = fc.shuffledSubarray(
    Array.from({ length: 12 }, (_, i) => ({ id: String(i >> 1), isCommand: i % 2 === 0 })),
    { minLength: 12 },
  );
  fc.assert(
    fc.property(order, (steps) => {
      const pairing = createPairing(3);
      const pairs = steps.flatMap(({ id, isCommand }, at) => {
        const pair = isCommand
          ? pairing.takeCommand(topic, Number(id), call(id))
          : pairing.takeEvent(events, at, event('succeeded', id, Number(id)), always);
        return pair === undefined ? [] : [[pair.call.offset, steps[pair.end.offset]?.id]];
      });
      expect(pairs.map(([offset, id]) => [String(offset), id]).every(([one, other]) => one === other)).toBe(true);
      expect([pairs.length, pairing.waiting]).toEqual([6, 0]);
    }),
  );
});
