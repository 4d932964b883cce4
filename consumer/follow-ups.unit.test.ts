// What follows an end: the same commands whoever derives them, and nothing where nothing was asked for.
import { describe, expect, test } from 'vitest';
import { type CallOptions, callOptionsOf, callOptionsText } from '../schemas/call-options.ts';
import { digestOf } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command.ts';
import { commandFault } from '../schemas/command-fault.ts';
import type { JobEvent } from '../schemas/event.ts';
import { followUpsOf } from './follow-ups.ts';
import { type Outcome, outcomeEvent } from './outcome.ts';

const position = { topic: 't', partition: 1, offset: 7 };
const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const command = (options: CallOptions, fields: Partial<Command> = {}): Command => ({
  ...{ kind: 'submit', type: 'a.b', id: 'one', generation: 0, attempt: 1, key: 'a.b/one' },
  ...{
    payload: '{}',
    digest: 'd',
    submittedAt: at - 1_000,
    dueAt: null,
    after: null,
    options: callOptionsText(options),
  },
  ...fields,
});
const succeeded: Outcome = { kind: 'succeeded', result: '{"z":1,"a":[true]}' };
const failed: Outcome = { kind: 'failed', code: 'job-failed', detail: 'no' };
const end = (options: CallOptions, outcome: Outcome = succeeded, fields: Partial<Command> = {}): JobEvent =>
  outcomeEvent(outcome, command(options, fields), { position, startedAt: at - 5, at, worker: 'w' });

const next = [
  { type: 'c.d', id: 'two' },
  { type: 'e.f', id: 'three' },
];

describe('then', () => {
  test('the next job has the result, and those behind it', () => {
    const [follower, ...none] = followUpsOf(end({ next, timeoutMs: 5 }));
    expect(none).toEqual([]);
    expect(follower).toEqual({
      ...{ kind: 'submit', type: 'c.d', id: 'two', generation: 0, attempt: 1, key: 'c.d/two' },
      ...{ payload: '{"a":[true],"z":1}', digest: digestOf('{"a":[true],"z":1}') },
      ...{ submittedAt: at, dueAt: null, after: null, options: follower?.options },
    });
    expect(callOptionsOf(follower?.options ?? null)).toEqual({ parent: 'a.b/one', next: next.slice(1) });
  });

  test('the last one has none behind it', () => {
    const [follower] = followUpsOf(end({ next: next.slice(1) }));
    expect(callOptionsOf(follower?.options ?? null)).toEqual({ parent: 'a.b/one' });
  });

  test.each<Outcome>([
    failed,
    { kind: 'cancelled', code: 'job-cancelled', detail: '' },
    { kind: 'dead', code: 'job-failed', detail: '', original: null },
    { kind: 'retrying', code: 'job-failed', detail: '', dueAt: at },
    { kind: 'scheduled', dueAt: at },
    { kind: 'rejected', code: 'id-conflict', detail: '' },
  ])('nothing goes on with $kind', (outcome) => {
    expect(followUpsOf(end({ next }, outcome))).toEqual([]);
  });
});

describe('callback and notify', () => {
  const told = { callback: 'https://example.com/hook?q=1', notify: 'me@example.com' };

  test.each([
    ['succeeded', succeeded],
    ['failed', failed],
    ['dead', { kind: 'dead', code: 'job-failed', detail: 'no', original: Buffer.from('x') }],
  ] as const)('whoever asked is told of an end that is %s, with its status', (kind, outcome) => {
    const [hook, mail] = followUpsOf(end(told, outcome));
    expect([hook?.type, hook?.id, mail?.type, mail?.id]).toEqual([
      ...['putlog.webhook', 'a.b~one~0', 'putlog.mail', 'a.b~one~0'],
    ]);
    const payload = JSON.parse(hook?.payload ?? '');
    expect(payload).toMatchObject({
      url: told.callback,
      event: {
        id: `a.b/one/0.1/${kind}`,
        type: `job.${kind}`,
        timestamp: '2026-01-02T03:04:05.006Z',
        data: { type: 'a.b', id: 'one', state: kind === 'succeeded' ? 'succeeded' : 'failed' },
      },
    });
    expect(payload.event.data.result).toEqual(kind === 'succeeded' ? { z: 1, a: [true] } : undefined);
    expect(JSON.parse(mail?.payload ?? '')).toEqual({ to: told.notify, event: payload.event });
    for (const one of [hook, mail]) expect(callOptionsOf(one?.options ?? null)).toEqual({ parent: 'a.b/one' });
  });

  test('another generation is told of by jobs of its own, a long name too', () => {
    const long = { type: `a.${'b'.repeat(90)}`, id: 'i'.repeat(200) };
    const ids = [0, 1].flatMap((generation) =>
      [{}, long].flatMap((name) => followUpsOf(end(told, succeeded, { generation, ...name })).map(({ id }) => id)),
    );
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._~-]{1,200}$/);
  });

  test('a result that leaves the log no room is left out', () => {
    const result = JSON.stringify('x'.repeat(950_000));
    const [hook] = followUpsOf(end(told, { kind: 'succeeded', result }));
    expect(JSON.parse(hook?.payload ?? '').event.data).not.toHaveProperty('result');
  });
});

test('derived twice it is the same, and a worker takes all of it', () => {
  const event = end({ next, callback: 'https://example.com/', notify: 'a@b' });
  expect(followUpsOf(event)).toEqual(followUpsOf(structuredClone(event)));
  expect(followUpsOf(event).map((one) => commandFault(one))).toEqual([undefined, undefined, undefined]);
});

test('nothing was asked for', () => {
  expect(followUpsOf(end({}))).toEqual([]);
  expect(followUpsOf(end({ timeoutMs: 1 }))).toEqual([]);
});
