import { expect, test } from 'vitest';
import { problem } from '../schemas/problem.ts';
import { compareOutcomes, isOfFunction } from './compare-outcomes.ts';
import type { PastEnd } from './pair-ends.ts';

const succeeded = (result: unknown): PastEnd => ({
  ...{ kind: 'succeeded', attempt: 1, result: JSON.stringify(result), error: null },
});
const failed = (code: Parameters<typeof problem>[0], kind: PastEnd['kind'] = 'failed'): PastEnd => ({
  ...{ kind, attempt: 3, result: null, error: JSON.stringify(problem(code, 'as it was')) },
});
const ok = (result: unknown) => ({ ok: true as const, result: JSON.stringify(result) });
const not = (code: Parameters<typeof problem>[0], errors?: { pointer: string; detail: string }[]) => ({
  ...{ ok: false as const, code, detail: 'as it is' },
  ...(errors && { errors }),
});

test.each([
  ['equal results, whatever the order of their members', succeeded({ a: 1, b: 2 }), ok({ b: 2, a: 1 })],
  ['failures of one code, whatever they say', failed('job-failed'), not('job-failed')],
  ['a dead letter and a failure of one code', failed('job-timed-out', 'dead'), not('job-timed-out')],
  ['a payload that was refused then, too', failed('invalid-payload', 'dead'), not('invalid-payload')],
])('the same: %s', (_, end, now) => {
  expect(compareOutcomes(end, '{}', now)).toBeUndefined();
});

test('a result that differs: where, and both values', () => {
  const now = ok({ words: [1, 3], note: 'x' });
  expect(compareOutcomes(succeeded({ words: [1, 2] }), '{}', now)).toEqual({
    ...{ kind: 'result', recorded: 'succeeded', replayed: 'succeeded' },
    ...{ pointer: '/note', was: 'nothing', is: '"x"' },
  });
});

test('another end: how both ended, and with what', () => {
  expect(compareOutcomes(succeeded({ a: 1 }), '{}', not('job-failed'))).toEqual({
    ...{ kind: 'outcome', recorded: 'succeeded', replayed: 'failed job-failed' },
    ...{ pointer: '', was: '{"a":1}', is: 'as it is' },
  });
  expect(compareOutcomes(failed('job-failed', 'dead'), '{}', ok(1))).toEqual({
    ...{ kind: 'outcome', recorded: 'dead job-failed', replayed: 'succeeded', pointer: '', was: 'as it was', is: '1' },
  });
  expect(compareOutcomes(failed('job-failed'), '{}', not('job-timed-out'))).toMatchObject({
    ...{ kind: 'outcome', recorded: 'failed job-failed', replayed: 'failed job-timed-out' },
  });
});

test('a payload that no longer fits its schema, and a result that does not', () => {
  const now = not('invalid-payload', [{ pointer: '/text', detail: 'must be number' }]);
  expect(compareOutcomes(succeeded(1), '{"text":"one"}', now)).toEqual({
    ...{ kind: 'payload', recorded: 'succeeded', replayed: 'payload refused' },
    ...{ pointer: '/text', was: '"one"', is: 'must be number' },
  });
  const returned = not('job-result-invalid', [{ pointer: '/words', detail: 'is required' }]);
  expect(compareOutcomes(succeeded({ words: 2 }), '{}', returned)).toEqual({
    ...{ kind: 'returned', recorded: 'succeeded', replayed: 'result refused' },
    ...{ pointer: '/words', was: '2', is: 'is required' },
  });
});

test('what no function came to is not compared', () => {
  expect(isOfFunction(failed('job-cancelled', 'cancelled'))).toBe(false);
  expect(isOfFunction(failed('unknown-job-type', 'dead'))).toBe(false);
  expect(isOfFunction(failed('job-killed-its-worker', 'dead'))).toBe(false);
  expect([succeeded(1), failed('job-failed', 'dead'), failed('job-timed-out')].map(isOfFunction)).toEqual([
    true,
    true,
    true,
  ]);
});
