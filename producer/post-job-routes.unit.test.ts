// POST of a job without an id, and its Idempotency-Key.
import { expect, test } from 'vitest';
import { PutlogError } from '../schemas/problem.ts';
import { createTestApp, queuedJob } from './app.fixture.ts';
import { jobIdOfKey } from './job-ids.ts';

const good = '{"n":1,"text":"x"}';
const url = '/jobs/test.echo';

function createPost(replaced: Parameters<typeof createTestApp>[0] = {}) {
  const test = createTestApp(replaced);
  const post = (headers: Record<string, string> = {}, payload = good, at = url) =>
    test.app.inject({ method: 'POST', url: at, payload, headers: { 'content-type': 'application/json', ...headers } });
  return { ...test, post };
}

test('without an id: 202 under one that is made here, a new one each time, with all that a PUT may ask for', async () => {
  const { post, submitted } = createPost();
  const answer = await post({ priority: 'u=1', 'if-none-match': '*' }, good, `${url}?key=a&timeout=5`);
  const { id } = answer.json();
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(answer.statusCode).toBe(202);
  expect(answer.headers).toMatchObject({ location: `${url}/${id}`, 'retry-after': '1' });
  const options = { timeoutMs: 5_000 };
  expect(submitted).toMatchObject([{ id, payload: { n: 1 }, lane: 'high', key: 'a', mustBeNew: true, options }]);
  expect((await post()).json().id).not.toBe(id);
});

test.each([
  ['"order-7"', 'order-7'],
  ['order-7', 'order-7'],
  ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
  ['"a \\"b\\\\"', 'a "b\\'],
  ['aGk/+w==', 'aGk/+w=='],
  [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
])('Idempotency-Key: %s is the id of %s', async (field, key) => {
  const { post, submitted } = createPost();
  expect((await post({ 'idempotency-key': field })).statusCode).toBe(202);
  expect(submitted.map(({ id }) => id)).toEqual([jobIdOfKey('test.echo', key)]);
});

test.each([
  ['nothing', ''],
  ['an empty string', '""'],
  ['256 characters', 'k'.repeat(256)],
  ['a space', 'order 7'],
  ['no end', '"order'],
  ['two strings', '"a", "b"'],
  ['something behind it', '"a" b'],
  ['what is not ASCII', '"ö"'],
])('Idempotency-Key: %s is a 400 that says what it must be', async (_name, field) => {
  const { post, submitted } = createPost();
  const answer = await post({ 'idempotency-key': field });
  expect(answer.json()).toMatchObject({ status: 400, code: 'malformed-request', instance: url });
  expect(answer.json().detail).toContain('1 to 255 ASCII characters in quotes');
  expect(submitted).toEqual([]);
});

test('the same key again: 200, and where the job is', async () => {
  const { post, jobs } = createPost();
  const id = jobIdOfKey('test.echo', 'k');
  jobs.set(`test.echo/${id}`, queuedJob('test.echo', id, { state: 'succeeded' }));
  const answer = await post({ 'idempotency-key': '"k"' });
  expect([answer.statusCode, answer.headers.location]).toEqual([200, `${url}/${id}`]);
});

test('the same key for another payload: 422; other refusals stay what they are', async () => {
  let code: 'id-conflict' | 'overloaded' = 'id-conflict';
  const { post } = createPost({ submit: () => Promise.reject(new PutlogError(code, 'so it is')) });
  const reused = await post({ 'idempotency-key': 'k' });
  expect(reused.json()).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
  expect(reused.headers.location).toBeUndefined();
  code = 'overloaded';
  expect((await post({ 'idempotency-key': 'k' })).statusCode).toBe(503);
});

test.each([
  ['malformed JSON', 400, 'malformed-json', url, '{', 'application/json'],
  ['no body', 400, 'malformed-json', url, '', 'application/json'],
  ['a payload off its schema', 422, 'invalid-payload', url, '{"n":"1"}', 'application/json'],
  ['an unknown parameter', 400, 'malformed-request', `${url}?id=7`, good, 'application/json'],
  ['an unknown type', 404, 'unknown-job-type', '/jobs/test.ehco', good, 'application/json'],
  ['no JSON', 415, 'unsupported-media-type', url, good, 'text/plain'],
  ['too much', 413, 'payload-too-large', '/jobs/test.anything', `"${'x'.repeat(300_000)}"`, 'application/json'],
])('%s: %i %s', async (_name, status, code, at, payload, type) => {
  const { post, submitted } = createPost();
  const answer = await post({ 'content-type': type }, payload, at);
  expect(answer.json()).toMatchObject({ status, code, instance: at.split('?')[0] });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(submitted).toEqual([]);
});

test('what else this address is asked for: 405 with what it takes', async () => {
  const { app } = createPost();
  const answer = await app.inject({ method: 'PUT', url });
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'POST']);
});
