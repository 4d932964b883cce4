// Invariant: each time of a schedule is one job with one outcome, whoever fires it and however often; what nobody could heed follows
// `missed`, and what meets an earlier job that is not over follows `overlap`.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { readTopic } from './event-log.ts';
import { secondsMissing, timesSeen } from './schedule-times.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_SESSION_TIMEOUT_MS: '6000' } });
let apis: [Api, Api];
let workers: ServiceProcess[];

beforeAll(async () => {
  const [one, other, ...started] = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('worker'),
    system.start('projector'),
  ]);
  apis = [one, other];
  workers = started.slice(0, 2);
});

const json = { 'content-type': 'application/json' };
const put = (id: string, body: object) =>
  apis[0].request('PUT', `/schedules/${id}`, { body: JSON.stringify(body), headers: json });
const get = (id: string) => apis[0].request('GET', `/schedules/${id}`);
const remove = (id: string) => apis[0].request('DELETE', `/schedules/${id}`);
const echo = { cron: '* * * * * *', type: 'demo.echo', payload: { n: 1, text: '' } };
const seenTimes = async () => timesSeen(await readTopic(system.brokers, system.topics.events));
const linger = async (ms: number) => {
  const file = join(system.folder, randomUUID());
  await writeFile(file, '');
  return { type: 'test.linger', payload: { file, ms, heeds: true } };
};

/** Resolves once each of these schedules has `count` jobs that are over, of times after `after` (milliseconds since the epoch). */
const untilSeen = (ids: readonly string[], count: number, after: number) =>
  until(
    `${count} jobs of ${ids.length} schedules`,
    async () => {
      const seen = await seenTimes();
      const enough = (id: string) =>
        (seen.get(id) ?? []).filter(({ at }) => at * 1_000 > after).length >= count || undefined;
      await delay(250);
      return ids.every(enough) || undefined;
    },
    120_000,
  );

/** Ends them; resolves once all that they made is over. */
async function endAll(ids: readonly string[]) {
  await Promise.all(ids.map(remove));
  const commands = async () => {
    const asked = await readTopic(system.brokers, system.topics.commands('default'));
    return asked.map(({ subject }) => subject).filter((name) => ids.some((id) => name.includes(`/${id}.2`)));
  };
  // What was being fired as they were deleted is in the log by then.
  await delay(1_500);
  return apis[0].finished([...new Set(await commands())], 120_000);
}

test('each second once, on two workers of which one is killed with -9 and comes back', async () => {
  const ids = Array.from({ length: 6 }, (_, n) => `second-${n}`);
  for (const id of ids) expect((await put(id, echo)).status).toBe(201);
  await untilSeen(ids, 3, 0);
  await workers[0]?.end('SIGKILL');
  const killed = Date.now();
  workers[0] = await system.start('worker');
  await untilSeen(ids, 8, Math.max(killed, Date.now()));
  const jobs = await endAll(ids);

  const seen = await seenTimes();
  for (const id of ids) {
    const times = seen.get(id) ?? [];
    expect([id, secondsMissing(times)]).toEqual([id, []]);
    expect(times.filter(({ ends }) => ends.join() !== 'succeeded')).toEqual([]);
    expect(times.length).toBeGreaterThan(10);
  }
  const links = ids.map((id) => ({ schedule: `/schedules/${id}` }));
  for (const job of jobs) expect(links).toContainEqual(job.links);
  const late = jobs.map(({ id, createdAt }) => {
    const [, day, time] = /\.(\d{8})T(\d{6})Z$/.exec(String(id)) ?? ['', '', ''];
    const iso = `${day}${time}`.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z');
    return Date.parse(String(createdAt)) - Date.parse(iso);
  });
  late.sort((a, b) => a - b);
  console.log(`${jobs.length} jobs: fired ${late.at(jobs.length / 2)} ms late p50, ${late.at(-1)} ms at most`);
  expect(late[0]).toBeGreaterThanOrEqual(0);
  expect(late.at(jobs.length / 2)).toBeLessThan(1_000);
});

test('what is due while no worker is there: all of it, the latest, or nothing, but what is only late', async () => {
  const ids = ['all', 'one', 'skip'];
  for (const missed of ids) await put(missed, { ...echo, missed });
  await untilSeen(ids, 2, 0);
  await Promise.all(workers.map(({ end }) => end('SIGKILL')));
  const down = Date.now();
  await delay(18_000);
  const up = Date.now();
  workers = [await system.start('worker')];
  await untilSeen(ids, 3, Date.now());
  await endAll(ids);

  const seen = await seenTimes();
  const [all, one, skip] = ids.map((id) => secondsMissing(seen.get(id) ?? []));
  expect([...seen].filter(([id]) => ids.includes(id)).flatMap(([, times]) => times.map(({ ends }) => ends.join())))
    .not //
    .toContainEqual(expect.not.stringMatching(/^succeeded$/));
  console.log(`${Math.round((up - down) / 1_000)} s without a worker: ${skip?.length} times skipped`);
  expect(all).toEqual([]);
  expect(skip?.length).toBeGreaterThan(3);
  expect(skip?.[0]).toBeGreaterThanOrEqual(Math.floor(down / 1_000) - 1);
  expect(skip?.at(-1)).toBeLessThan(up / 1_000);
  expect(one).toEqual(skip?.slice(0, -1));
});

test('overlap: skip leaves a time out, queue lets it wait, cancel-old ends the job before', async () => {
  await put('lone', { ...(await linger(3_500)), cron: '* * * * * *', overlap: 'skip' });
  await put('line', { cron: '* * * * * *', type: 'demo.sleep', payload: { ms: 1_500 } });
  const latest = await linger(120_000);
  await put('latest', { ...latest, cron: '*/3 * * * * *', overlap: 'cancel-old' });
  await untilSeen(['lone', 'line', 'latest'], 3, 0);
  await apis[1].request('DELETE', '/schedules/latest');
  await delay(1_500);
  const last = await until('the last of them', async () => {
    const { body } = await get('lone');
    return Number(body.skipped) > 3 ? body : undefined;
  });
  expect(last).toMatchObject({ links: { last: expect.stringMatching(/^\/jobs\/test\.linger\/lone\.2/) } });
  const begun = (await readFile(latest.payload.file, 'utf8')).split('\n').filter((line) => line.endsWith('begins'));
  const open = begun.at(-1)?.split(' ')[0];
  await until('it runs', async () => (await apis[0].get(`test.linger/${open}`)).body.state === 'running' || undefined);
  await apis[0].request('DELETE', `/jobs/test.linger/${open}`);
  const jobs = await endAll(['lone', 'line', 'latest']);

  for (const [id, state] of [
    ['lone', 'succeeded'],
    ['line', 'succeeded'],
    ['latest', 'cancelled'],
  ] as const) {
    const mine = jobs.filter((job) => String(job.id).startsWith(`${id}.`));
    mine.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
    expect([id, mine.filter((job) => job.state !== state)]).toEqual([id, []]);
    for (const [i, job] of mine.slice(1).entries())
      if (job.startedAt) expect(String(job.startedAt) >= String(mine[i]?.finishedAt)).toBe(true);
  }
});

test('paused it makes nothing, changed it makes up for nothing, deleted it is gone, from every api', async () => {
  const quiet = { ...echo, paused: true, missed: 'all' };
  expect(await put('quiet', quiet)).toMatchObject({ status: 201, body: { next: [] } });
  await put('beside', echo);
  await untilSeen(['beside'], 3, Date.now());
  expect((await seenTimes()).get('quiet')).toBeUndefined();
  const told = Date.now();
  expect(await put('quiet', { ...quiet, paused: false })).toMatchObject({ status: 200, body: { paused: false } });
  await untilSeen(['quiet'], 2, 0);
  expect((await seenTimes()).get('quiet')?.[0]?.at).toBeGreaterThanOrEqual(Math.floor(told / 1_000));

  const listed = await apis[1].request('GET', '/schedules');
  expect(listed.body.schedules).toMatchObject([{ id: 'beside' }, { id: 'quiet', cron: echo.cron, skipped: 0 }]);
  await endAll(['quiet', 'beside']);
  await until('gone', async () => (await apis[1].request('GET', '/schedules/quiet')).status === 404 || undefined);
  expect((await remove('quiet')).body).toMatchObject({ status: 404, code: 'unknown-schedule' });
});

test.each([
  ['cron', { cron: '0 25 * * *' }, 'invalid-schedule', '/cron'],
  ['time zone', { timeZone: 'Europe/Nowhere' }, 'invalid-schedule', '/timeZone'],
  ['type', { type: 'demo.ehco' }, 'invalid-schedule', '/type'],
  ['payload', { payload: { n: 'one', text: '' } }, 'invalid-payload', '/payload/n'],
])('a bad %s is refused, and says where', async (_, change, code, pointer) => {
  const answer = await put('bad', { ...echo, ...change });
  expect(answer).toMatchObject({ status: 422, body: { code, errors: [{ pointer, detail: expect.any(String) }] } });
  expect((await get('bad')).status).toBe(404);
});
