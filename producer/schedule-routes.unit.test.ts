// /schedules: what is made, changed, listed and refused. The settings are a map; who fires schedules is not here.
import { expect, test } from 'vitest';
import type { ScheduleState } from '../platform/schedule-states.ts';
import { createTestApp, jobsForTests, queuedJob } from './app.fixture.ts';
import { createMemorySchedules } from './memory-schedules.fixture.ts';

const nightly = { cron: '0 3 * * *', type: 'test.echo', payload: { n: 1, text: 'x' } };
const start = (states?: ReadonlyMap<string, ScheduleState>) => {
  const { app, put, jobs } = createTestApp({ schedules: createMemorySchedules(jobsForTests, states) });
  const schedule = (id: string, body: object, headers = {}) => put(`/schedules/${id}`, JSON.stringify(body), headers);
  return { app, put, jobs, schedule };
};

test('made: 201 with its defaults and its next times; the same again 200, and nothing changes but the time of the telling', async () => {
  const { app, schedule } = start();
  const made = await schedule('nightly', { ...nightly, timeZone: 'Europe/Berlin' });
  expect([made.statusCode, made.headers.location]).toEqual([201, '/schedules/nightly']);
  const body = made.json();
  expect(body).toMatchObject({
    ...{
      id: 'nightly',
      ...nightly,
      timeZone: 'Europe/Berlin',
      key: 'schedule/nightly',
      overlap: 'queue',
      missed: 'one',
    },
    ...{ paused: false, skipped: 0, links: { self: '/schedules/nightly' } },
  });
  expect(body.next).toHaveLength(3);
  for (const time of body.next) expect(time).toMatch(/T0[12]:00:00\.000Z$/);
  const again = await schedule('nightly', { ...nightly, timeZone: 'Europe/Berlin' });
  expect([again.statusCode, again.json()]).toEqual([200, { ...body, updatedAt: expect.any(String) }]);
  const read = await app.inject('/schedules/nightly');
  expect([read.statusCode, read.json()]).toEqual([200, again.json()]);
});

test('a change keeps when it was made; paused: no next times', async () => {
  const { schedule } = start();
  const made = await schedule('a', nightly);
  const changed = await schedule('a', {
    ...nightly,
    cron: '*/5 * * * * *',
    overlap: 'skip',
    missed: 'all',
    paused: true,
  });
  expect(changed.json()).toMatchObject({ cron: '*/5 * * * * *', overlap: 'skip', missed: 'all', next: [] });
  expect(changed.json().createdAt).toBe(made.json().createdAt);
});

test('its last job is linked, and the job links to its schedule', async () => {
  const at = Date.UTC(2026, 10, 21, 3);
  const job = { name: 'test.echo/a.20261121T030000Z', at, command: { topic: 'c', partition: 0, offset: 1 } };
  const { app, jobs, schedule } = start(new Map([['a', { until: at, job, skipped: 2 }]]));
  const made = await schedule('a', nightly);
  expect(made.json()).toMatchObject({
    ...{ skipped: 2, last: { at: '2026-11-21T03:00:00.000Z', job: job.name } },
    links: { self: '/schedules/a', last: `/jobs/${job.name}` },
  });
  jobs.set(job.name, queuedJob('test.echo', 'a.20261121T030000Z', { options: '{"schedule":"a"}' }));
  const status = await app.inject(`/jobs/${job.name}`);
  expect(status.json()).toMatchObject({ links: { schedule: '/schedules/a' } });
});

test('listed by id, a page at a time', async () => {
  const { app, schedule } = start();
  for (const id of ['c', 'a', 'b']) await schedule(id, nightly);
  const first = await app.inject('/schedules?limit=2');
  expect(first.json().schedules.map(({ id }: { id: string }) => id)).toEqual(['a', 'b']);
  expect(first.headers.link).toBe('</schedules?limit=2&after=b>; rel="next"');
  const second = await app.inject('/schedules?limit=2&after=b');
  expect(second.json().schedules.map(({ id }: { id: string }) => id)).toEqual(['c']);
  expect(second.headers.link).toBeUndefined();
});

test('deleted: 204, then there is none', async () => {
  const { app, schedule } = start();
  await schedule('a', nightly);
  const remove = () => app.inject({ method: 'DELETE', url: '/schedules/a' });
  expect((await remove()).statusCode).toBe(204);
  expect((await remove()).json()).toMatchObject({ status: 404, code: 'unknown-schedule' });
  expect((await app.inject('/schedules/a')).json()).toMatchObject({ status: 404, code: 'unknown-schedule' });
});

test('If-None-Match: * makes none where there is one', async () => {
  const { schedule } = start();
  const once = () => schedule('a', nightly, { 'if-none-match': '*' });
  expect((await once()).statusCode).toBe(201);
  expect((await once()).json()).toMatchObject({ status: 412, code: 'precondition-failed' });
});

test.each([
  ['four fields', { cron: '0 3 * *' }, '/cron', /five fields/],
  ['a minute that is none', { cron: '61 3 * * *' }, '/cron', /minute/],
  ['a date', { cron: '2030-01-01T00:00:00' }, '/cron', /five fields/],
  ['a day that never comes', { cron: '0 0 30 2 *' }, '/cron', /no time/],
  ['words', { cron: 'at noon every single day' }, '/cron', /illegal|invalid|format/i],
  ['no such zone', { timeZone: 'Mars/Olympus' }, '/timeZone', /IANA/],
  ['an offset', { timeZone: '+01:00' }, '/timeZone', /IANA/],
  ['an unknown type', { type: 'test.ecoh' }, '/type', /test\.echo/],
  ['an unknown policy', { overlap: 'maybe' }, '/overlap', /one of/],
  ['a key with a line break', { key: 'a\nb' }, '/key', /printable/],
  ['an unknown member', { crno: '0 3 * * *' }, '/crno', /not known/],
])('%s: 422 that says where and why', async (_, change, pointer, detail) => {
  const { schedule, app } = start();
  const answer = await schedule('a', { ...nightly, ...change });
  expect(answer.json()).toMatchObject({ status: 422, code: 'invalid-schedule' });
  expect(answer.json().errors).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
  expect((await app.inject('/schedules/a')).statusCode).toBe(404);
});

test('what is wrong with zone and expression is told at once', async () => {
  const answer = await start().schedule('a', { ...nightly, cron: '* * * 13 *', timeZone: 'nowhere' });
  expect(answer.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/cron', '/timeZone']);
});

test('a payload that does not fit the type, as a PUT of a job would say it', async () => {
  const answer = await start().schedule('a', { ...nightly, payload: { n: 'one' } });
  expect(answer.json()).toMatchObject({ status: 422, code: 'invalid-payload' });
  expect(answer.json().errors).toContainEqual({ pointer: '/payload/text', detail: 'is required' });
});

test.each([
  ['no JSON', '{"cron":', 400, 'malformed-json'],
  ['nothing', '', 400, 'malformed-json'],
  ['an array', '[]', 422, 'invalid-schedule'],
])('%s', async (_, text, status, code) => {
  expect((await start().put('/schedules/a', text)).json()).toMatchObject({ status, code });
});

test.each(['a%2Fb', 'a'.repeat(181), 'a%20b'])('an id that is none: %s', async (id) => {
  expect((await start().schedule(id, nightly)).json()).toMatchObject({ status: 400, code: 'invalid-id' });
});
