// Invariants: a snapshot is exactly what a fold of the log up to its moment gives, and what each job's own `?at=` tells; it is listed with the
// filters, the order and the cursors of GET /jobs, from the same indexes; and nobody reads more of it than of the jobs themselves.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMongo } from '../../platform/mongo.ts';
import { snapshotsIn } from '../../platform/snapshot-store.ts';
import { jobsQuery, newestFirst } from '../../producer/list-jobs.ts';
import { until } from '../stack/deadline.ts';
import type { Answer, Api } from './api.ts';
import { type FoldedLog, readFoldedLog } from './folded-log.ts';
import { inParallel } from './in-parallel.ts';
import { runProgram } from './run-program.ts';
import { useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_PARTITIONS: '4' } });
const mongo = createMongo(system.environment().MONGODB_URI ?? '');
const file = join(system.folder, 'runs');
let api: Api;
let folded: FoldedLog;

type Body = Answer['body'];
const json = { 'content-type': 'application/json' };
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const iso = (at: number) => new Date(at).toISOString();

/** Jobs of every fate; those that are due in an hour, are cancelled or are tried again stay on their way for a while. */
async function makeHistory() {
  await writeFile(file, '');
  await inParallel(8, numbers(40), async (n) => {
    await api.put(`demo.echo/${n}?key=customer-${n % 3}`, { n, text: 'x' });
    await api.put(`test.again/${n}`, { file, failures: n % 3, ...(n % 5 === 0 && { final: true }) });
    if (n % 4 === 0) await api.put(`test.steps/${n}`, { steps: 3, ms: 200, silentFrom: 9 });
    if (n % 8 === 0) await api.put(`demo.echo/later-${n}?delay=3600`, { n, text: 'later' });
    if (n % 16 === 0) await api.request('DELETE', `/jobs/demo.echo/later-${n}`);
  });
  const names = numbers(40).flatMap((n) => [`demo.echo/${n}`, `test.again/${n}`]);
  await api.finished([...names, ...numbers(10).map((n) => `test.steps/${4 * n}`), 'demo.echo/later-0']);
}

async function snapshot(id: string, payload: object): Promise<Body> {
  const { status, body } = await api.request('PUT', `/jobs/putlog.snapshot/${id}`, {
    ...{ body: JSON.stringify(payload), headers: { ...json, prefer: 'wait=30' } },
  });
  expect([status, body.state], JSON.stringify(body)).toEqual([200, 'succeeded']);
  return body.result as Body;
}

/** Page by page. */
async function listed(query: string, headers = {}): Promise<Body[]> {
  const found: Body[] = [];
  for (let next: unknown = `/jobs?${query}`; typeof next === 'string'; ) {
    const { status, body } = await api.request('GET', next, { headers });
    expect(status, JSON.stringify(body)).toBe(200);
    found.push(...(body.jobs as Body[]));
    next = body.next;
  }
  return found;
}

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
  await makeHistory();
  folded = await readFoldedLog(system.prefix);
});
afterAll(() => mongo.close());

/** By name: shares of all that happened, and the middle of all events of a kind. */
const moments = ['0', '0.15', '0.35', '0.7', '0.9', '1', 'retrying', 'progressed'];
const timeOf = (name: string) => (/\d/.test(name) ? folded.share(Number(name)) : folded.middleOf(name));
const states = new Set<unknown>();

test.each(moments)('at %s of all that happened: what the log says', async (name) => {
  const at = iso(timeOf(name));
  const result = await snapshot(name, { at });
  const expected = folded.at(timeOf(name));
  expect(result).toMatchObject({ snapshot: name, at, jobs: expected.length });
  expect(expected.length).toBeGreaterThan(0);
  expect(await listed(`snapshot=${name}&limit=7`)).toEqual(expected);
  for (const { state } of expected) states.add(state);
  const others = new Set(folded.at(folded.share(1)).map(({ type, id }) => `${type}/${id}`));
  await inParallel(16, expected, async (job) => {
    others.delete(`${job.type}/${job.id}`);
    expect((await api.get(`${job.type}/${job.id}?at=${at}`)).body).toEqual(job);
  });
  await inParallel(16, [...others], async (name) => expect((await api.get(`${name}?at=${at}`)).status, name).toBe(404));
});

test('all of them together have had jobs in each state, and differ', () => {
  expect([...states].toSorted()).toEqual([
    ...['cancelled', 'failed', 'queued', 'retrying', 'running', 'scheduled', 'succeeded'],
  ]);
  const told = moments.map((name) => JSON.stringify(folded.at(timeOf(name))));
  expect(new Set(told).size).toBeGreaterThan(4);
});

test('at a position: its partition up to it, the others up to its time; and where that is', async () => {
  const some = folded.events.filter(({ partition }) => partition === 1).toSorted((a, b) => a.offset - b.offset);
  const { offset = 0, event } = some[Math.floor(some.length / 2)] ?? {};
  const at = event?.at ?? 0;
  const position = `${system.topics.events}/1@${offset}`;
  const result = await snapshot('position', { at: position });
  const expected = folded.until(at, (one) => (one.partition === 1 ? one.offset <= offset : one.event.at <= at));
  expect(await listed('snapshot=position')).toEqual(expected);
  for (const job of expected) expect((await api.get(`${job.type}/${job.id}?at=${position}`)).body).toEqual(job);
  const { ends, begins } = result as Record<'ends' | 'begins', Record<string, number[]>>;
  expect(ends[system.topics.events]?.[1]).toBe(offset + 1);
  expect(begins[system.topics.events]).toEqual([0, 0, 0, 0]);
  for (const partition of [0, 2, 3]) {
    const end = ends[system.topics.events]?.[partition] ?? 0;
    const own = folded.events.filter((one) => one.partition === partition);
    expect(own.filter((one) => one.offset < end && one.event.at > at)).toEqual([]);
    expect(own.filter((one) => one.offset >= end && one.event.at <= at)).toEqual([]);
  }
});

test.each(['type=demo.echo', 'state=succeeded,failed', 'type=test.again&state=retrying', 'key=customer-1', 'created'])(
  '%s: those of them of which it is so, by pages of three, from an index',
  async (asked) => {
    const [from, to] = [folded.share(0.1), folded.share(0.3)];
    const query = asked === 'created' ? `createdAfter=${iso(from)}&createdBefore=${iso(to)}` : asked;
    const parameters = new URLSearchParams(asked);
    const is = (name: string, value: unknown) => (parameters.get(name)?.split(',') ?? [value]).includes(value);
    const all = folded.at(timeOf('retrying')).filter(({ type, state, key, createdAt }) => {
      const created = Date.parse(String(createdAt));
      return (
        is('type', type) &&
        is('state', state) &&
        is('key', key) &&
        (asked !== 'created' || (created >= from && created < to))
      );
    });
    expect(all.length).toBeGreaterThan(0);
    expect(await listed(`snapshot=retrying&limit=3&${query}`)).toEqual(all);

    const { collection = '' } = (await snapshotsIn(mongo.db).findOne({ _id: 'retrying' })) ?? {};
    const filter = {
      ...(parameters.has('type') && { types: [parameters.get('type') ?? ''] }),
      ...(parameters.has('key') && { key: parameters.get('key') ?? '' }),
      ...(asked === 'created' && { createdAfter: from, createdBefore: to }),
    };
    const found = mongo.db.collection(collection).find(jobsQuery(filter) as object);
    expect(JSON.stringify(await found.sort(newestFirst).explain())).not.toContain('COLLSCAN');
  },
);

test('of some types alone; what it was not built of is refused, and not told to have been nothing', async () => {
  const at = iso(folded.share(0.7));
  const expected = folded.at(folded.share(0.7)).filter(({ type }) => type === 'test.again');
  expect(await snapshot('again', { at, types: ['test.again'] })).toMatchObject({ jobs: expected.length });
  expect(await listed('snapshot=again')).toEqual(expected);
  const { status, body } = await api.request('GET', '/jobs?snapshot=again&type=demo.echo');
  expect([status, body.detail]).toEqual([400, expect.stringContaining('built of: test.again')]);
});

test('a cursor of another snapshot, of the list of now, or for it, is refused', async () => {
  const cursorOf = async (query: string) =>
    new URLSearchParams(String((await api.request('GET', `/jobs?limit=2${query}`)).body.next).split('?')[1]).get(
      'cursor',
    );
  const [one, other, now] = [await cursorOf('&snapshot=0.35'), await cursorOf('&snapshot=0.7'), await cursorOf('')];
  const ask = async (snapshotOf: string, cursor: string | null) =>
    (await api.request('GET', `/jobs?cursor=${cursor}${snapshotOf}`)).status;
  expect(await ask('&snapshot=0.35', one)).toBe(200);
  for (const cursor of [other, now]) expect(await ask('&snapshot=0.35', cursor)).toBe(400);
  expect(await ask('', one)).toBe(400);
});

test('what is to come, what is no moment, and what is no snapshot', async () => {
  const put = (payload: object) => api.put('putlog.snapshot/wrong', payload);
  const later = await put({ at: iso(Date.now() + 60_000) });
  expect([later.status, later.body.errors]).toEqual([
    422,
    [{ pointer: '/at', detail: 'names a time that has not come yet' }],
  ]);
  expect((await put({ at: '2026-02-31T25:00:00Z' })).status).toBe(422);
  expect((await put({ at: 'yesterday' })).status).toBe(422);
  const lines = await api.request('POST', '/jobs', {
    headers: { 'content-type': 'application/x-ndjson' },
    body: JSON.stringify({ type: 'putlog.snapshot', payload: { at: iso(Date.now() + 60_000) } }),
  });
  expect(lines.body).toMatchObject({ status: 422, errors: [{ pointer: '/payload/at' }] });

  await api.put('putlog.snapshot/nowhere', { at: `${system.topics.events}/3@999999` });
  const [nowhere] = await api.finished(['putlog.snapshot/nowhere']);
  expect(nowhere).toMatchObject({
    state: 'failed',
    attempt: 1,
    error: { detail: expect.stringContaining('ends before') },
  });
  for (const id of ['nowhere', 'never']) {
    const { status, body } = await api.request('GET', `/jobs?snapshot=${id}`);
    expect([status, body.code], id).toEqual([404, 'unknown-snapshot']);
  }
  expect(await snapshotsIn(mongo.db).findOne({ _id: 'nowhere' })).toBeNull();
});

test('at a terminal: the whole of it, for people and for scripts', async () => {
  const environment = { ...system.environment(), PUTLOG_URL: api.url };
  const at = iso(folded.share(0.5));
  const ran = await runProgram(['list', '--at', at, '--type', 'test.again', '--limit', 'all', '--json'], environment);
  expect(ran.code, ran.stderr).toBe(0);
  const expected = folded.at(folded.share(0.5)).filter(({ type }) => type === 'test.again');
  expect(
    ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(expected);
  const [, id = ''] = /putlog list --snapshot (\S+)/.exec(ran.stderr) ?? [];
  const again = await runProgram(['list', '--snapshot', id, '--state', 'retrying'], environment);
  expect(again.code, again.stderr).toBe(0);
  const retrying = expected.filter(({ state }) => state === 'retrying').map((job) => String(job.id));
  const shown = [...again.stdout.matchAll(/^retrying +test\.again\/(\d+)/gm)].map(([, job]) => job);
  expect(shown).toEqual(retrying.slice(0, 20));
  const late = await runProgram(['list', '--at', '2999-01-01T00:00:00Z'], environment);
  expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('has not come yet')]);
});

test('by key: a reader is told only of the types that its key may touch, and builds and deletes nothing', async () => {
  const add = async (...args: string[]) => {
    const { stdout, stderr } = await runProgram(
      ['keys', 'add', '--name', 'k', '--json', ...args],
      system.environment(),
    );
    return { authorization: `Bearer ${JSON.parse(stdout || `{"error":${JSON.stringify(stderr)}}`).key}` };
  };
  const all = await add('--scope', 'submit,read');
  const reader = await add('--scope', 'read', '--type', 'demo.*');
  const writer = await add('--scope', 'submit', '--type', 'demo.*');
  const statusOf = async (method: 'GET' | 'PUT' | 'DELETE', path: string, headers: Record<string, string>) => {
    const body = method === 'PUT' ? { body: JSON.stringify({ at: iso(folded.share(0.5)) }) } : {};
    const more = method === 'PUT' ? json : {};
    const answer = await api.request(method, path, { ...body, headers: { ...headers, ...more } });
    return [answer.status, answer.body.code];
  };
  await until('keys that are known', async () =>
    (await statusOf('GET', '/jobs', writer))[0] === 403 && (await statusOf('GET', '/jobs', reader))[0] === 200
      ? true
      : undefined,
  );
  const expected = folded.at(folded.share(0.7)).filter(({ type }) => String(type).startsWith('demo.'));
  expect(await listed('snapshot=0.7', reader)).toEqual(expected);
  expect(await statusOf('GET', '/jobs?snapshot=0.7&type=test.again', reader)).toEqual([403, 'type-not-allowed']);
  expect(await statusOf('GET', '/jobs?snapshot=0.7', writer)).toEqual([403, 'insufficient-scope']);
  expect(await statusOf('PUT', '/jobs/putlog.snapshot/mine', writer)).toEqual([403, 'type-not-allowed']);
  expect(await statusOf('GET', '/snapshots', reader)).toEqual([403, 'type-not-allowed']);
  expect(await statusOf('DELETE', '/snapshots/0.7', writer)).toEqual([403, 'type-not-allowed']);
  expect(await statusOf('DELETE', '/snapshots/0.7', reader)).toEqual([403, 'insufficient-scope']);
  expect(await statusOf('GET', '/jobs?snapshot=0.7', all)).toEqual([200, undefined]);
});
