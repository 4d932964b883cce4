import { pino } from 'pino';
import Type from 'typebox';
import { expect, test } from 'vitest';
import type { OpenedPayload } from '../platform/personal-data.ts';
import type { Command } from '../schemas/command.ts';
import { defineJob } from '../schemas/define-job.ts';
import { createOpenCall } from './open-call.ts';

const definition = defineJob({
  ...{ type: 'test.job', result: Type.Null(), subject: '/customer', handler: () => null },
  payload: Type.Object({ customer: Type.String(), name: Type.String({ personal: true }) }),
});
const command: Command = {
  ...{ kind: 'submit', type: 'test.job', id: '1', generation: 0, attempt: 1, key: 'k', payload: '{"sealed":1}' },
  ...{ digest: 'd', submittedAt: 0, dueAt: null, after: null, options: null },
};
const call = { command, traceparent: undefined };

function open(found: Partial<OpenedPayload>, payload = command.payload) {
  const opened = { payload: { name: 'Ann' }, erased: false, broken: [], ...found };
  const never = () => expect.unreachable();
  return createOpenCall({
    ...{ job: { definition, file: '' }, log: pino({ level: 'silent' }), signal: new AbortController().signal },
    personal: { seal: never, digest: never, open: async () => opened },
  })({ ...call, command: { ...command, payload } });
}

test('a past call is opened as it was made', async () => {
  expect(await open({})).toEqual({ ...call, command: { ...command, payload: '{"name":"Ann"}' } });
});

test('what was erased, and what is broken, is not called', async () => {
  expect(await open({ erased: true })).toBe('erased');
  expect(await open({ broken: [{ pointer: '/name', detail: 'cannot be opened' }] })).toBe('broken');
});

test('what is no JSON is left to the function’s own check', async () => {
  expect(await open({ erased: true }, '{')).toMatchObject({ command: { payload: '{' } });
});
