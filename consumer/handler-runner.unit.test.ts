import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { type LoadedJob, loadJobs } from '../platform/load-jobs.ts';
import { noBlobs } from '../test/no-blobs.ts';
import { createHandlerRunner } from './handler-runner.ts';

const jobs = await loadJobs([fileURLToPath(new URL('../test/jobs', import.meta.url))]);
const strays: unknown[] = [];
const strayed = Promise.withResolvers<void>();
const settings = {
  blobs: noBlobs,
  threads: 2,
  mongoUri: 'mongodb://127.0.0.1:9/none',
  outbound: { allowPrivate: false },
  resultLimitBytes: 1_000,
  threadHeapMb: 48,
  threadGraceMs: 100,
  onStray: (error: unknown) => {
    strays.push(error);
    strayed.resolve();
  },
};
const runner = createHandlerRunner(settings);
afterAll(() => runner.close());

function job(type: string): LoadedJob {
  const found = jobs.get(type);
  if (found === undefined) throw new Error(`no job type ${type}`);
  return found;
}

const progressed: string[] = [];

function run(type: string, payload: unknown, signal = new AbortController().signal, handlers = runner) {
  const told = { type, id: 'j1', generation: 0, attempt: 1, idempotencyKey: 'key-1', traceparent: undefined };
  const context = { ...told, signal: () => signal, progress: (text: string) => void progressed.push(text) };
  return handlers.run(job(type), payload, context);
}

const answered = (pattern: RegExp) => ({ ok: true, result: expect.stringMatching(pattern) });

test('an inline handler runs on this thread', async () => {
  expect(await run('test.inline', { act: 'answer' })).toEqual(answered(/"thread":\d+,"idempotencyKey":"key-1"/));
});

test('inline and in a thread, a function is told whether it runs dry', async () => {
  const dry = createHandlerRunner({ ...settings, dryRun: true });
  const { signal } = new AbortController();
  for (const type of ['test.inline', 'test.thread']) {
    expect(await run(type, { act: 'dry' }, signal, dry)).toEqual(answered(/"dryRun":true/));
    expect(await run(type, { act: 'dry' })).toEqual(answered(/"dryRun":false/));
  }
  await dry.close();
});

test('inline and in a thread, the same failure is the same value', async () => {
  const thrown = { ok: false, code: 'job-failed', detail: 'thrown on purpose' };
  expect(await run('test.inline', { act: 'throw' })).toEqual(thrown);
  expect(await run('test.thread', { act: 'throw' })).toEqual(thrown);
  for (const type of ['test.inline', 'test.thread'])
    expect(await run(type, { act: 'unreadable' })).toMatchObject({ ok: false, code: 'job-result-invalid' });
});

test('a rejection that comes after the abort, when nobody waits any more, is handled', async () => {
  const controller = new AbortController();
  const late = run('test.inline', { act: 'wait' }, controller.signal);
  controller.abort();
  expect(await late).toEqual({ ok: false, code: 'job-failed', detail: 'The operation was aborted' });
});

test.each([
  ['process.exit', 'exit', /ended its worker thread: .*3/],
  ['running out of memory', 'memory', /ended its worker thread: .*memory/],
  ['an error that nobody catches', 'stray', /ended its worker thread: nobody catches this/],
])('%s costs the job its thread, and the pool goes on', async (_, act, detail) => {
  const died = await run('test.thread', { act });
  expect(died).toEqual({ ok: false, code: 'job-failed', detail: expect.stringMatching(detail) });
  const next = await Promise.all(Array.from({ length: 6 }, () => run('test.thread', { act: 'answer' })));
  expect(next).toEqual(next.map(() => answered(/"thread":\d+/)));
});

test('what a thread throws outside of any job is told, and ends no job', async () => {
  expect(await run('test.thread', { act: 'strayLater' })).toMatchObject({ ok: true });
  // The thread throws when it is told to: by a timer it might do so before its answer has left.
  const channel = new BroadcastChannel('key-1');
  channel.postMessage('throw');
  await strayed.promise;
  channel.close();
  expect(strays).toEqual([expect.objectContaining({ message: 'too late for any job' })]);
  expect(await run('test.thread', { act: 'answer' })).toMatchObject({ ok: true });
});

test('an abort ends a thread that never yields, and what waits in the queue', async () => {
  const controller = new AbortController();
  const hanging = Array.from({ length: 4 }, () => run('test.thread', { act: 'hang' }, controller.signal));
  const waiting = run('test.thread', { act: 'answer' });
  controller.abort();
  const stopped = { ok: false, code: 'job-failed', detail: 'the function was stopped' };
  expect(await Promise.all(hanging)).toEqual([stopped, stopped, stopped, stopped]);
  expect(await waiting).toMatchObject({ ok: true });
  expect(await run('test.thread', { act: 'answer' }, AbortSignal.abort())).toEqual(stopped);
});

test('an abort reaches a function in its thread, which ends by itself and keeps the thread', async () => {
  const before = await run('test.thread', { act: 'answer' });
  const controller = new AbortController();
  const waiting = run('test.thread', { act: 'wait' }, controller.signal);
  const other = run('test.thread', { act: 'answer' });
  expect(await other).toMatchObject({ ok: true });
  controller.abort();
  expect(await waiting).toMatchObject({ ok: false, detail: 'The operation was aborted' });
  const after = await Promise.all([1, 2].map(() => run('test.thread', { act: 'answer' })));
  expect([before, ...after].every(({ ok }) => ok)).toBe(true);
});

test.each(['test.inline', 'test.thread'])('%s: progress is told as it was said', async (type) => {
  progressed.length = 0;
  expect(await run(type, { act: 'progress' })).toMatchObject({ ok: true });
  expect(progressed).toEqual(['{"current":1,"total":2,"message":"half"}', '{"current":2}']);
  expect(await run(type, { act: 'badProgress' })).toMatchObject({
    ok: false,
    detail: expect.stringContaining('takes an object'),
  });
});

test('test.count leaves a line for each run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'putlog-count-'));
  const file = join(folder, 'runs');
  await Promise.all([run('test.count', { file }), run('test.count', { file })]);
  expect(await readFile(file, 'utf8')).toBe('j1\nj1\n');
  await rm(folder, { recursive: true });
});

test('without jobs in threads there is nothing to close', async () => {
  const idle = createHandlerRunner({
    blobs: noBlobs,
    threads: 2,
    mongoUri: 'mongodb://127.0.0.1:9/none',
    outbound: { allowPrivate: false },
    resultLimitBytes: 1_000,
  });
  await expect(idle.close()).resolves.toBeUndefined();
});
