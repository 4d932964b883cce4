import Type from 'typebox';
import { expect, test } from 'vitest';
import { defineJob, type JobOptions } from './define-job.ts';

const good = { type: 'image.thumbnail', payload: Type.Object({}), result: Type.Null(), handler: () => null };
type Options = JobOptions<typeof good.payload, typeof good.result>;
const define = (fields: Partial<Options>) => () =>
  defineJob<typeof good.payload, typeof good.result>({ ...good, ...fields });

test('what is left out has its default', () => {
  expect(define({ retry: { attempts: 3 } })()).toMatchObject({
    ...{ type: 'image.thumbnail', description: '', queue: 'default', timeout: 60_000, run: 'inline' },
    retry: { attempts: 3, backoffMs: 1_000, maxBackoffMs: 60_000 },
  });
});

test.each([
  ['a type that is no dotted name', { type: 'Image Thumbnail' }, /type must be a lower-case, dotted name/],
  ['a type with an empty part', { type: 'image..thumbnail' }, /type must be/],
  ['a type that is too long', { type: 'a'.repeat(101) }, /at most 100 characters/],
  ['a queue that could not be in a topic name', { queue: 'a/b' }, /queue must be/],
  ['a timeout of nothing', { timeout: 0 }, /timeout must be/],
  ['a timeout beyond what a timer can hold', { timeout: 2 ** 31 }, /timeout must be/],
  ['a timeout that is no number', { timeout: Number.NaN }, /timeout must be/],
  ['a lag that is shorter than looks are apart', { maxLag: 999 }, /maxLag must be/],
  ['personal fields of nobody', { subject: '/customer' }, /subject is given/],
  ['no attempt', { retry: { attempts: 0 } }, /retry.attempts must be/],
])('%s is refused', (_, fields, message) => {
  expect(define(fields)).toThrow(TypeError);
  expect(define(fields)).toThrow(message);
});

test('everything that is wrong is told at once', () => {
  const all = define({ type: 'X', queue: 'Y', timeout: -1, retry: { attempts: -1 } });
  for (const what of ['type must', 'queue must', 'timeout must', 'retry.attempts must']) expect(all).toThrow(what);
});

test('personal fields: where they are, and whose', () => {
  const payload = Type.Object({ customer: Type.String(), name: Type.String({ personal: true }) });
  const job = { ...good, payload };
  expect(defineJob({ ...job, subject: '/customer' }).personal).toEqual({ subject: '/customer', paths: [['name']] });
  expect(() => defineJob(job)).toThrow(/payload marks personal fields: say whose they are/);
  expect(defineJob(good).personal).toBeNull();
});
