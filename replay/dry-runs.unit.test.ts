import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createHandlerRunner } from '../consumer/handler-runner.ts';
import type { JobContext } from '../schemas/define-job.ts';
import { defineJob, Type } from '../schemas/for-jobs.ts';
import { noBlobs } from '../test/no-blobs.ts';
import { createDryRuns } from './dry-runs.ts';
import type { PastCall, PastEnd } from './pair-ends.ts';

const end: PastEnd = { kind: 'succeeded', attempt: 3, result: '1', error: null };
const call = (id: string, payload: unknown = { n: 1 }, options: string | null = null): PastCall => ({
  traceparent: '00-1',
  command: {
    ...{ kind: 'submit', type: 'test.dry', id, generation: 1, attempt: 1, key: id, digest: '' },
    ...{ payload: JSON.stringify(payload), submittedAt: 0, dueAt: null, after: null, options },
  },
});

function runsOf(handler: (payload: { n: number }, context: JobContext) => unknown, concurrency = 2) {
  const type = 'test.dry';
  const payload = Type.Object({ n: Type.Integer() });
  const definition = defineJob({ type, payload, result: Type.Unknown(), timeout: 60_000, handler });
  const handlers = createHandlerRunner({
    ...{ blobs: noBlobs, threads: 1, mongoUri: 'mongodb://127.0.0.1:9/none', dryRun: true },
    ...{ outbound: { allowPrivate: false }, resultLimitBytes: 1_000 },
  });
  const stop = new AbortController();
  const came: [string, unknown][] = [];
  const runs = createDryRuns({
    ...{ job: { definition, file: '' }, handlers, concurrency, signal: stop.signal },
    done: ({ command }, _, result) => void came.push([command.id, result]),
  });
  return { runs, came, stop };
}

test('the attempt is the one that is compared, and the function is told that it runs dry', async () => {
  const { runs, came } = runsOf((_, { id, generation, attempt, idempotencyKey, dryRun, traceparent }) => {
    return { id, generation, attempt, idempotencyKey, dryRun, traceparent };
  });
  await runs.add(call('1'), end);
  await runs.settled();
  runs.close();
  const seen = { id: '1', generation: 1, attempt: 3, idempotencyKey: 'test.dry/1', dryRun: true, traceparent: '00-1' };
  expect(came).toEqual([['1', { ok: true, result: JSON.stringify(seen) }]]);
});

test('no more at once than there may be, and the payload is checked before', async () => {
  let active = 0;
  let most = 0;
  const { runs, came } = runsOf(async () => {
    most = Math.max(most, ++active);
    await sleep(5);
    active--;
    return null;
  }, 3);
  for (let i = 0; i < 20; i++) await runs.add(call(String(i)), end);
  await runs.add(call('bad', { n: 'one' }), end);
  await runs.settled();
  runs.close();
  expect([most, came.length]).toEqual([3, 21]);
  expect(came.find(([id]) => id === 'bad')?.[1]).toMatchObject({ ok: false, code: 'invalid-payload' });
});

test('a function has the time of its call, else that of its type', async () => {
  const { runs, came } = runsOf(() => new Promise(() => undefined));
  await runs.add(call('slow', { n: 1 }, '{"timeoutMs":100}'), end);
  await runs.settled();
  runs.close();
  expect(came).toEqual([['slow', expect.objectContaining({ ok: false, code: 'job-timed-out' })]]);
});

test('an abort is told to the functions, and what comes of them then counts for nothing', async () => {
  const told: unknown[] = [];
  const { runs, came, stop } = runsOf((_, { signal }) => sleep(60_000, null, { signal }).catch((e) => told.push(e)), 1);
  await runs.add(call('1'), end);
  const waits = runs.add(call('2'), end);
  stop.abort();
  await waits;
  await runs.settled();
  runs.close();
  expect([told.length, came]).toEqual([1, []]);
});

test('a fault of whoever is told of results is not lost', async () => {
  const { runs, came } = runsOf(() => 1);
  came.push = () => {
    throw new Error('no room');
  };
  await runs.add(call('1'), end);
  await expect(runs.settled()).rejects.toThrow('no room');
  runs.close();
});
