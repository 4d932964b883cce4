import Type from 'typebox';
import { describe, expect, test } from 'vitest';
import { defineJob, type JobContext } from '../schemas/define-job.ts';
import { PutlogError } from '../schemas/problem.ts';
import { NonRetryableError, RetryAfter } from '../schemas/retry-errors.ts';
import { callHandler, createResultCheck, failureOf } from './handler-result.ts';

const trap = () => {
  throw new Error('no reading');
};
const bomb = new Proxy(new Error('hidden'), { get: trap, getPrototypeOf: trap });

const result = Type.Object({ at: Type.String(), note: Type.Optional(Type.String()) }, { additionalProperties: false });
const job = (handler: () => never) => defineJob({ type: 'test.result', payload: Type.Object({}), result, handler });
const check = createResultCheck(job(trap), 100);

describe('what was thrown becomes words', () => {
  test.each([
    ['an error', new Error('no such order'), 'no such order'],
    ['an error without message', new RangeError(), 'RangeError'],
    ['our own error', new PutlogError('unknown-blob', 'there is no blob x'), 'there is no blob x'],
    ['text', 'boom', 'the function threw boom'],
    ['undefined', undefined, 'the function threw undefined'],
    ['null', null, 'the function threw null'],
    ['an object', { code: 7 }, 'the function threw {"code":7}'],
    ['a symbol', Symbol('s'), 'the function threw Symbol(s)'],
    ['something that throws when it is read', bomb, 'the function threw something that cannot be read (object)'],
  ])('%s', (_, thrown, detail) => {
    expect(failureOf(thrown)).toEqual({ ok: false, code: 'job-failed', detail });
  });

  test('what says that there is no other attempt, or when', () => {
    expect(failureOf(new NonRetryableError('gone'))).toMatchObject({ detail: 'gone', again: 'never' });
    expect(failureOf(new RetryAfter(500, 'busy'))).toMatchObject({ detail: 'busy', again: { after: 500 } });
    expect(failureOf(new TypeError('no'), ['TypeError'])).toMatchObject({ again: 'never' });
    expect(failureOf(new Error('no'), ['TypeError'])).not.toHaveProperty('again');
  });

  test('no stack, and no endless message', () => {
    const error = new Error('x'.repeat(100_000));
    const failure = failureOf(error);
    expect(JSON.stringify(failure).length).toBeLessThan(3_000);
    expect(JSON.stringify(failureOf(new Error('short')))).not.toContain('unit.test');
  });
});

describe('what was returned is checked as it will be read', () => {
  test('a Date is its text, an undefined member is absent', () => {
    const at = new Date(0);
    expect(check({ at, note: undefined })).toEqual({ ok: true, result: '{"at":"1970-01-01T00:00:00.000Z"}' });
  });

  test('off its schema: where and why', () => {
    expect(check({ at: 1, more: 2 })).toMatchObject({
      code: 'job-result-invalid',
      errors: expect.arrayContaining([{ pointer: '/at', detail: expect.stringContaining('string') }]),
    });
  });

  test('nothing is null', () => {
    const nothing = createResultCheck({ ...job(trap), result: Type.Undefined() }, 100);
    expect(nothing(undefined)).toEqual({ ok: true, result: 'null' });
    expect(check(undefined)).toMatchObject({ code: 'job-result-invalid' });
    expect(createResultCheck({ ...job(trap), result: Type.Null() }, 100)(undefined)).toMatchObject({ ok: true });
  });

  test('the limit counts bytes, not characters', () => {
    expect(check({ at: 'é'.repeat(40) })).toMatchObject({ ok: true });
    expect(check({ at: 'é'.repeat(50) })).toMatchObject({ code: 'job-result-too-large' });
  });

  test.each([
    ['a BigInt', { at: 1n }],
    ['a getter that throws', Object.defineProperty({}, 'at', { enumerable: true, get: trap })],
    ['a proxy that throws', bomb],
    ['toJSON that throws', { toJSON: trap }],
  ])('%s is not JSON', (_, returned) => {
    expect(check(returned)).toMatchObject({ code: 'job-result-invalid', detail: expect.stringContaining('not JSON') });
  });

  test('a cycle is not JSON', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(check(cycle)).toMatchObject({ code: 'job-result-invalid', detail: expect.stringContaining('circular') });
  });
});

test.each([
  ['throws at once', trap],
  ['rejects', () => Promise.reject(new Error('no reading'))],
  ['returns a thenable that throws', () => Object.defineProperty({}, 'then', { get: trap })],
])('a handler that %s is a failed job', async (_, handler) => {
  const context = {} as JobContext;
  const called = callHandler(job(handler as () => never), {}, context, check);
  await expect(called).resolves.toEqual({ ok: false, code: 'job-failed', detail: 'no reading' });
});
