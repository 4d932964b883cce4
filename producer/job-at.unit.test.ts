// What GET tells of a job as it was at an earlier time or position: each of its states, and nothing where the log does not say.
import { expect, test } from 'vitest';
import type { Command } from '../schemas/command.ts';
import type { EventKind, JobEvent } from '../schemas/event.ts';
import { jobOfEvent } from '../schemas/job-of-event.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { createTestApp } from './app.fixture.ts';
import { commandsTopic, eventOf, eventsTopic } from './event-tail.fixture.ts';

const began = Date.UTC(2026, 0, 2, 3, 4, 5);
const url = '/jobs/test.echo/a';
const iso = (ms: number) => new Date(began + ms).toISOString();
const command: Command = {
  ...{ kind: 'submit', type: 'test.echo', id: 'a', generation: 0, attempt: 1, key: 'k', payload: '{}', digest: 'd' },
  ...{ submittedAt: began, dueAt: null, after: null, options: null },
};

/**
 * A job that was accepted at 0, started at 100, was told to be retried at 200, started again at 300 and succeeded at 400. Its events stand
 * at 1, 2, 4, 5 and 6, between those of another job.
 */
async function history() {
  const test = createTestApp();
  const { log, jobs, app } = test;
  const first = log.appendCommand(command, 3);
  const again = log.appendCommand({ ...command, kind: 'run', attempt: 2, submittedAt: began }, 3);
  async function tell(kind: EventKind, ms: number, fields: Partial<JobEvent> = {}) {
    const event = eventOf(queuedJob(command, first), kind, { at: began + ms, startedAt: null, ...fields });
    const job = jobOfEvent(event, await log.append(event));
    if (job?.id === 'a') jobs.set('test.echo/a', job);
  }
  await tell('succeeded', 50, { id: 'b' });
  await tell('started', 100);
  await tell('retrying', 200, { dueAt: began + 300, error: '{}' });
  await tell('succeeded', 250, { id: 'b' });
  await tell('started', 300, { attempt: 2, command: again });
  await tell('progressed', 350, { attempt: 2, command: again, progress: '{"current":1}' });
  await tell('succeeded', 400, { attempt: 2, command: again, result: '{"n":1}' });
  const at = (moment: string, headers = {}) => app.inject({ url: `${url}?at=${encodeURIComponent(moment)}`, headers });
  return { ...test, at, tell, again };
}

test.each([
  [0, { state: 'queued', attempt: 1, key: 'k' }, `${commandsTopic}/3@0`],
  [99, { state: 'queued' }, `${commandsTopic}/3@0`],
  [100, { state: 'running' }, `${eventsTopic}/3@1`],
  [250, { state: 'retrying', dueAt: iso(300) }, `${eventsTopic}/3@2`],
  [300, { state: 'running', attempt: 2 }, `${eventsTopic}/3@4`],
  [399, { state: 'running', progress: { current: 1 } }, `${eventsTopic}/3@5`],
  [400, { state: 'succeeded', result: { n: 1 } }, `${eventsTopic}/3@6`],
  [86_400_000, { state: 'succeeded' }, `${eventsTopic}/3@6`],
])('%i ms after it was accepted: %j', async (ms, expected, record) => {
  const { at } = await history();
  const answer = await at(iso(ms));
  expect(answer.json()).toMatchObject(expected);
  expect(answer.headers).toMatchObject({ 'content-location': `${url}?at=${record}`, 'cache-control': 'no-cache' });
  // The same by the position of the record.
  const same = await at(record);
  expect(same.body).toBe(answer.body);
  expect(same.headers.etag).toBe(answer.headers.etag);
});

test('what a position of its events says never changes, and is told with 304 to who has it', async () => {
  const { at } = await history();
  for (const [offset, state] of [
    [0, 'queued'],
    [1, 'running'],
    [3, 'retrying'],
    [6, 'succeeded'],
  ] as const) {
    const { headers, ...answer } = await at(`${eventsTopic}/3@${offset}`);
    expect(answer.json()).toMatchObject({ state });
    expect(headers).toMatchObject({ 'cache-control': 'private, max-age=31536000, immutable' });
    expect(headers).not.toHaveProperty('retry-after');
    const again = await at(`${eventsTopic}/3@${offset}`, { 'if-none-match': headers.etag });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  }
});

test('a position in another partition stands for the time of its record', async () => {
  const { at } = await history();
  const answer = await at(`${eventsTopic}/5@3`);
  expect(answer.json()).toMatchObject({ state: 'retrying' });
  expect(answer.headers['cache-control']).toBe('no-cache');
});

test('before it was accepted: 404; of a later generation the one before, and its command', async () => {
  const { at, tell, log } = await history();
  expect((await at(iso(-1))).json()).toMatchObject({ code: 'unknown-job', detail: expect.stringContaining(iso(0)) });
  const redriven = log.appendCommand({ ...command, generation: 1, submittedAt: began + 1_000 }, 3);
  await tell('failed', 2_000, { generation: 1, submittedAt: began + 1_000, command: redriven, error: '{}' });
  expect((await at(iso(-1))).json()).toMatchObject({ status: 404, code: 'unknown-job' });
  const states = await Promise.all([99, 999, 1_000, 1_999, 2_000].map(async (ms) => (await at(iso(ms))).json()));
  expect(states.map(({ state, generation }) => `${generation} ${state}`)).toEqual([
    ...['0 queued', '0 succeeded', '1 queued', '1 queued', '1 failed'],
  ]);
});

test('a job that no event tells of yet', async () => {
  const { app, jobs, log } = createTestApp();
  jobs.set('test.echo/a', queuedJob(command, log.appendCommand(command, 3)));
  expect((await app.inject(`${url}?at=${iso(5)}`)).json()).toMatchObject({ state: 'queued' });
  expect((await app.inject(`${url}?at=${iso(-5)}`)).json()).toMatchObject({ code: 'unknown-job' });
});

test('what retention took is said, and what it did not is told', async () => {
  const { at, log } = await history();
  // What is left is of the first command, so that nothing but the beginning of the log says that something lacks.
  log.deleteBefore(eventsTopic, 2);
  expect((await at(iso(150))).json()).toMatchObject({ status: 410, code: 'records-deleted' });
  log.deleteBefore(eventsTopic, 4);
  for (const ms of [50, 150, 299])
    expect((await at(iso(ms))).json()).toMatchObject({ status: 410, code: 'records-deleted' });
  expect((await at(`${eventsTopic}/3@2`)).json()).toMatchObject({ status: 410, code: 'records-deleted' });
  expect((await at(iso(300))).json()).toMatchObject({ state: 'running', attempt: 2 });
  expect((await at(iso(-1))).json()).toMatchObject({ code: 'unknown-job' });
});

test('a command that retention took: 410 up to the first event', async () => {
  const { at, log } = await history();
  log.deleteBefore(commandsTopic, 1);
  expect((await at(iso(50))).json()).toMatchObject({
    code: 'records-deleted',
    detail: expect.stringMatching(/command.*deleted by retention/),
  });
  expect((await at(iso(100))).json()).toMatchObject({ state: 'running' });
});

test.each([
  ['yesterday', 400, 'malformed-request', /RFC 3339 time .* or a position/],
  ['2026-01-31T08:00:00', 400, 'malformed-request', /with an offset/],
  ['2999-01-31T08:00:00Z', 400, 'malformed-request', /has not come yet; leave it out/],
  ['other.topic/3@1', 404, 'unknown-position', /not the topic of the events/],
  [`${eventsTopic}/99@1`, 404, 'unknown-position', /no partition 99/],
  [`${eventsTopic}/3@7`, 404, 'unknown-position', /goes up to 6: there is nothing at 7 yet/],
])('?at=%s: %i %s', async (moment, status, code, detail) => {
  const { at } = await history();
  expect((await at(moment)).json()).toMatchObject({ status, code, detail: expect.stringMatching(detail) });
});

test('any other parameter is refused, and Prefer is passed over', async () => {
  const { app, at } = await history();
  expect((await app.inject(`${url}?att=x`)).json()).toMatchObject({ detail: expect.stringContaining('allowed: at') });
  const answer = await at(iso(150), { prefer: 'wait=1, handling=strict' });
  expect([answer.statusCode, answer.headers['preference-applied']]).toEqual([200, undefined]);
});
