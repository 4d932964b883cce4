// Invariant: a call whose personal fields cannot be sealed is refused, and never accepted in the clear.
import Type from 'typebox';
import { expect, test } from 'vitest';
import type { PersonalData } from '../platform/personal-data.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import { defineJob } from '../schemas/define-job.ts';
import { PutlogError } from '../schemas/problem.ts';
import { createPersonalCalls } from './personal-calls.ts';

const base = { type: 'test.job', result: Type.Null(), handler: () => null };
const marked = defineJob({
  ...{ ...base, subject: '/customer' },
  payload: Type.Object({ customer: Type.String(), name: Type.String({ personal: true }) }),
});
const plain = defineJob({ ...base, payload: Type.Object({ name: Type.String() }) });
const place = { type: 'test.job', id: '1' };
const payload = { customer: 'c-7', name: 'Ann' };

const callsOf = (answer: () => Promise<never>) => {
  const data: PersonalData = { seal: answer, digest: answer, open: answer };
  return createPersonalCalls({ data, patienceMs: 50 });
};
const unavailable = { code: 'keys-unavailable', retryAfter: 2 };

test.each([
  ['says that it is away', () => Promise.reject(new Error('no server'))],
  ['says nothing', () => new Promise<never>(() => undefined)],
])('MongoDB %s: refused, and it may be tried again', async (_, answer) => {
  const calls = callsOf(answer);
  await expect(calls.seal(marked, place, payload)).rejects.toMatchObject(unavailable);
  await expect(calls.digest(marked, payload)).rejects.toMatchObject(unavailable);
  await expect(calls.open(marked, place, payload)).rejects.toMatchObject(unavailable);
});

test('what is wrong with the payload is told as it is', async () => {
  const calls = callsOf(() => Promise.reject(new PutlogError('invalid-payload', 'it names nobody')));
  await expect(calls.seal(marked, place, payload)).rejects.toMatchObject({ code: 'invalid-payload' });
});

test('a type without personal fields asks nobody', async () => {
  const calls = callsOf(() => expect.unreachable());
  expect(calls.seal(plain, place, payload)).toBeUndefined();
  expect(await calls.digest(plain, payload)).toBe(digestOf(canonicalJson(payload)));
  expect(await calls.open(plain, place, payload)).toBe(payload);
  expect(await calls.open(undefined, place, payload)).toBe(payload);
});
