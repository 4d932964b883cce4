import { expect, test } from 'vitest';
import { callOptionsOf, callOptionsText } from '../schemas/call-options.ts';
import type { Command } from '../schemas/command.ts';
import { finalCommand, type MemberOver, memberEndOf } from './group-end.ts';
import { type Outcome, outcomeEvent } from './outcome.ts';

const final = { type: 'c.d', id: 'all' };
const member = { index: 3, size: 5, final };
const position = { topic: 't', partition: 1, offset: 7 };
const end = (outcome: Outcome, options = callOptionsText({ group: { id: 'g', member } })) => {
  const command: Command = {
    ...{ kind: 'submit', type: 'a.b', id: 'one', generation: 0, attempt: 1, key: 'a.b/one' },
    ...{ payload: '{}', digest: 'd', submittedAt: 1, dueAt: null, after: null, options },
  };
  return memberEndOf(outcomeEvent(outcome, command, { position, startedAt: 1, at: 9, worker: 'w' }));
};

test('each end of a member counts, however it ended; what is no end, or of no member, does not', () => {
  const ended = { group: 'g', ...member, type: 'a.b', id: 'one', at: 9 };
  expect(end({ kind: 'succeeded', result: '1' })).toEqual({ ...ended, state: 'succeeded', result: '1', error: null });
  for (const kind of ['failed', 'cancelled', 'dead'] as const) {
    const outcome = { kind, code: 'job-failed', detail: '', original: null } as const;
    expect(end(outcome)).toMatchObject({ state: kind === 'cancelled' ? kind : 'failed', error: expect.any(String) });
  }
  expect(end({ kind: 'retrying', code: 'job-failed', detail: '', dueAt: 5 })).toBeUndefined();
  expect(end({ kind: 'rejected', code: 'id-conflict', detail: '' })).toBeUndefined();
  for (const options of [null, callOptionsText({ timeoutMs: 1 }), callOptionsText({ group: { id: 'g' } })])
    expect(end({ kind: 'succeeded', result: '1' }, options)).toBeUndefined();
});

const over = (id: string, fields: Partial<MemberOver>): MemberOver => ({
  ...{ type: 'a.b', id, state: 'succeeded', result: null, error: null, at: 5 },
  ...fields,
});
const members = [over('1', { result: '{"z":1,"a":2}', at: 8 }), over('2', { state: 'failed', error: '{"code":"x"}' })];

test('what follows has all results, in the order of the group', () => {
  const command = finalCommand({ group: 'g', final }, { members, whole: members, maxPayloadBytes: 1_000 });
  expect(command).toMatchObject({ kind: 'submit', type: 'c.d', id: 'all', submittedAt: 8 });
  expect(JSON.parse(command.payload)).toEqual({
    group: 'g',
    jobs: [
      { type: 'a.b', id: '1', state: 'succeeded', result: { z: 1, a: 2 } },
      { type: 'a.b', id: '2', state: 'failed', error: { code: 'x' } },
    ],
  });
  expect(callOptionsOf(command.options)).toEqual({ group: { id: 'g' } });
});

test.each([
  { whole: members, maxPayloadBytes: 100 },
  { whole: undefined, maxPayloadBytes: 1_000 },
])('where they do not fit, none', (ends) => {
  const command = finalCommand({ group: 'g', final }, { members, ...ends });
  expect(JSON.parse(command.payload).jobs).toEqual([
    { type: 'a.b', id: '1', state: 'succeeded' },
    { type: 'a.b', id: '2', state: 'failed' },
  ]);
});
