import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { loadJobs } from '../platform/load-jobs.ts';
import type { JobContext } from '../schemas/define-job.ts';
import { noBlobs } from '../test/no-blobs.ts';
import { exampleEnd } from './outbound/job-end.ts';

const jobs = await loadJobs([fileURLToPath(new URL('.', import.meta.url))]);

const context = (attempt = 1, signal = new AbortController().signal): JobContext => {
  const rest = {
    id: 'a',
    idempotencyKey: 'a',
    dryRun: false,
    traceparent: undefined,
    progress: () => undefined,
    outbound: { allowPrivate: false },
  };
  return { type: 'test', generation: 0, attempt, signal, ...rest, blobs: noBlobs };
};

/** Runs a handler with a payload that fits its schema; the result must fit too. */
async function run(type: string, payload: unknown, given = context()) {
  const job = jobs.get(type)?.definition;
  if (job === undefined) throw new Error(`no job type ${type}`);
  expect(Compile(job.payload).Errors(payload)).toEqual([]);
  const result: unknown = await job.handler(payload as never, given);
  expect(Compile(job.result).Errors(result)).toEqual([]);
  return result;
}

test.each([
  ['http.request', { url: 'https://example.com/' }],
  ['image.thumbnail', { source: { url: 'https://example.com/' } }],
  ['putlog.webhook', { url: 'https://example.com/', event: exampleEnd }],
  ['putlog.mail', { to: 'ada@example.com', event: exampleEnd }],
])('%s sends nothing in a dry run', async (type, payload) => {
  const dry = async () => run(type, payload, { ...context(), dryRun: true });
  await expect(dry).rejects.toThrow('a dry run sends nothing');
});

describe.each([...jobs])('%s', (type, { definition }) => {
  test('has a description and an example that fits its payload', () => {
    expect(definition.description).not.toBe('');
    expect(Compile(definition.payload).Errors(definition.example)).toEqual([]);
  });

  test('refuses members that it does not know', () => {
    const example = { ...(definition.example as object), surplus: type };
    expect(Compile(definition.payload).Check(example)).toBe(false);
  });
});

test('demo.echo counts', async () => {
  expect(await run('demo.echo', { n: 7, text: 'four' })).toEqual({ n: 7, length: 4 });
});

test('demo.sleep sleeps, and wakes when it is told to stop', async () => {
  expect(await run('demo.sleep', { ms: 1 })).toEqual({ slept: 1 });
  const controller = new AbortController();
  const asleep = run('demo.sleep', { ms: 3_600_000 }, context(1, controller.signal));
  controller.abort();
  await expect(asleep).rejects.toThrow(/abort/);
});

test('demo.fail fails as often as it is told', async () => {
  const payload = { times: 2, message: 'not yet' };
  await expect(run('demo.fail', payload, context(2))).rejects.toThrow('not yet');
  expect(await run('demo.fail', payload, context(3))).toEqual({ attempts: 3 });
});

test('users.update normalises what changes and nothing else', async () => {
  const changes = { name: '  Zoe\u0308  de  Wit ', email: ' Zoe@Example.COM ', language: 'EN-gb' };
  const user = { name: 'Zoë de Wit', email: 'Zoe@example.com', language: 'en-GB' };
  expect(await run('users.update', { userId: '1', changes })).toEqual({
    userId: '1',
    changed: ['name', 'email', 'language'],
    user,
  });
  expect(await run('users.update', { userId: '1', changes: { name: 'A' } })).toMatchObject({ changed: ['name'] });
});

test.each([{}, { name: '  ' }, { email: 'nobody' }, { role: 'admin' }])('users.update refuses %j', (changes) => {
  const payload = jobs.get('users.update')?.definition.payload ?? {};
  expect(Compile(payload).Check({ userId: '1', changes })).toBe(false);
});

test('text.statistics counts as Unicode does', async () => {
  const text = "Don't panic! Don’t.\n👩‍👩‍👧 e\u0301té, été?\r\nLast line";
  expect(await run('text.statistics', { text, top: 2, language: 'en' })).toMatchObject({
    words: 7,
    lines: 3,
    topWords: [
      { word: 'été', count: 2 },
      { word: "don't", count: 1 },
    ],
  });
  expect(await run('text.statistics', { text: '👩‍👩‍👧é' })).toMatchObject({ characters: 2 });
  const nothing = { characters: 0, words: 0, uniqueWords: 0, sentences: 0, lines: 0, longestWord: '', topWords: [] };
  expect(await run('text.statistics', { text: '' })).toEqual({ ...nothing, readingSeconds: 0 });
});
