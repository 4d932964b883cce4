// Invariant: statistics are what the log says, to the last count: of jobs that succeed, fail, are tried again, are cancelled, and are PUT twice,
// while two projectors are killed with -9 again and again; and the same once more after a reset. A user's own projection is held to it too.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createMongo } from '../../platform/mongo.ts';
import { projectionCollection } from '../../platform/projection-store.ts';
import { type Command, commandType } from '../../schemas/command.ts';
import { eventType, type JobEvent } from '../../schemas/event.ts';
import { until } from '../stack/deadline.ts';
import { readAll, watchedCluster } from '../stack/log.ts';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const settings = {
  PUTLOG_PROJECTIONS: join(import.meta.dirname, '../projections'),
  PUTLOG_SESSION_TIMEOUT_MS: '6000',
};
const system = useSystem({ settings });
const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/${system.prefix}`;
const mongo = createMongo(uri.href);
let apis: Api[];
let projectors: ServiceProcess[];

beforeAll(async () => {
  const starting = [system.start('projector'), system.start('projector'), system.start('worker')] as const;
  apis = await Promise.all([system.startApi(), system.startApi()]);
  projectors = await Promise.all(starting.slice(0, 2));
  await starting[2];
});
afterAll(() => mongo.close());

const apiOf = (n: number): Api => {
  const api = apis[n % 2];
  if (api === undefined) throw new Error('there are two');
  return api;
};

/** All records of some topics, decoded; fences left out. */
async function decoded<T>(
  topics: string[],
  type: { fromBuffer: (bytes: Buffer) => unknown },
  is: RegExp,
): Promise<T[]> {
  const cluster = await watchedCluster(system.brokers, topics);
  const found: T[] = [];
  for (const topic of topics)
    for (let partition = 0; partition < 8; partition++)
      for (const { value, headers } of await readAll(cluster, topic, partition))
        if (value !== null && is.test(String(headers.ce_type))) found.push(type.fromBuffer(value.subarray(5)) as T);
  await cluster.close();
  return found;
}
const events = () => decoded<JobEvent>([system.topics.events], eventType, /^putlog\.job\./);
const commands = () => decoded<Command>(system.topics.commandsOf('default'), commandType, /./);

const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** The statistics of a type in a few lines that share nothing with those of the projection. */
function foldOf(all: readonly JobEvent[], type: string) {
  const mine = all.filter((event) => event.type === type);
  const of = (...kinds: string[]) => mine.filter(({ kind }) => kinds.includes(kind));
  const ends = of('succeeded', 'failed', 'dead', 'cancelled');
  const ran = [...ends, ...of('retrying')].filter(({ startedAt }) => startedAt !== null);
  const runs = ran.map(({ at, startedAt }) => Math.max(0, at - (startedAt ?? 0)));
  const waits = ran
    .filter(({ attempt }) => attempt === 1)
    .map(({ startedAt, submittedAt }) => Math.max(0, (startedAt ?? 0) - submittedAt));
  const times = (some: readonly number[]) => ({ count: some.length, sum: total(some), max: Math.max(0, ...some) });
  return {
    ...{
      type,
      accepted: new Set(ends.map(({ id, generation }) => `${id}/${generation}`)).size,
      waiting: 0,
      running: 0,
    },
    ...{ succeeded: of('succeeded').length, failed: of('failed', 'dead').length, dead: of('dead').length },
    ...{ cancelled: of('cancelled').length, retried: of('retrying').length },
    ...{ runTime: expect.objectContaining(times(runs)), waitTime: expect.objectContaining(times(waits)) },
  };
}
const types = ['demo.echo', 'demo.fail', 'demo.sleep'];
const statsOf = async (query: string) => (await apiOf(0).request('GET', `/stats${query}`)).body;

const documentsOf = (name: string) =>
  mongo.db.collection<{ _id: string }>(projectionCollection(name)).find().sort({ _id: 1 }).toArray();

const putlog = async (...args: string[]) => {
  const program = join(import.meta.dirname, '../../cli/putlog.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'projections', ...args], {
    env: system.environment(),
  });
  return stdout;
};

/** Resolves once a projection has read all of the log. */
const caughtUp = (name: string) =>
  until(
    `${name} to have read all of the log`,
    async () => {
      const { projections } = JSON.parse(await putlog('list', '--json'));
      const [mine] = projections.filter((one: { name: string }) => one.name === name);
      return mine?.behind === 0 || undefined;
    },
    120_000,
  );

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const run = randomUUID().slice(0, 8);
const names = {
  twice: numbers(300).map((n) => `demo.echo/${run}-${n}`),
  retried: numbers(30).map((n) => `demo.fail/${run}-retried-${n}`),
  dead: numbers(20).map((n) => `demo.fail/${run}-dead-${n}`),
  late: numbers(10).map((n) => `demo.sleep/${run}-late-${n}`),
  cancelled: numbers(20).map((n) => `demo.sleep/${run}-cancelled-${n}`),
};
const everything = Object.values(names).flat();

/** Asked again while no projector is there to say what job that is, as any client would. */
async function cancel(name: string): Promise<void> {
  await until(
    `${name} to be cancelled`,
    async () => {
      const { status, body } = await apiOf(1).request('DELETE', `/jobs/${name}`);
      if (status === 503) return undefined;
      // One that was answered 503 may have been heard all the same.
      expect(status === 200 ? body.state : status).toBe(status === 200 ? 'cancelled' : 202);
      return true;
    },
    120_000,
  );
}

async function load(): Promise<void> {
  await inParallel(8, names.twice, async (name) => {
    const payload = { n: 1, text: name };
    // At both processes at once: some of these are two commands, of one job.
    const key = Number(name.split('-').at(-1)) % 7;
    const answers = await Promise.all(apis.map((api) => api.put(`${name}?key=key-${key}`, payload)));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 202)).toEqual([]);
  });
  await inParallel(8, names.retried, (name) => apiOf(0).put(name, { times: 1, message: 'not yet' }));
  await inParallel(8, names.dead, (name) => apiOf(1).put(name, { times: 9, message: 'never' }));
  await inParallel(8, names.late, (name) => apiOf(0).put(`${name}?delay=2`, { ms: 20 }));
  await inParallel(8, names.cancelled, async (name) => {
    await apiOf(0).put(`${name}?delay=${name.endsWith('1') ? 0 : 600}`, { ms: 600_000 });
    await cancel(name);
  });
}

test('counted once each while projectors die, as a few lines count them from the log', {
  timeout: 900_000,
}, async () => {
  const loading = load();
  for (let kill = 0; kill < 6; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await projectors[kill % 2]?.end('SIGKILL');
    projectors[kill % 2] = await system.start('projector');
  }
  await loading;
  await apiOf(0).finished(everything, 300_000);

  const all = await events();
  for (const type of types) {
    const expected = foldOf(all, type);
    const found = await until(
      `the statistics of ${type}`,
      async () => {
        const body = await statsOf(`?type=${type}`);
        return body.accepted === expected.accepted && body.waiting === 0 ? body : undefined;
      },
      60_000,
    );
    expect(found).toEqual(expected);
  }
  const { accepted, succeeded, failed, cancelled, retried } = await statsOf('');
  expect({ accepted, succeeded, failed, cancelled }).toEqual({
    ...{ accepted: everything.length, succeeded: 340, failed: 20, cancelled: 20 },
  });
  expect(retried).toBe(30 + 2 * 20);
  // Without duplicates in the log nothing would have been put to the test.
  const submits = (await commands()).filter(({ kind }) => kind === 'submit');
  expect(submits.length).toBeGreaterThan(everything.length);
});

test('any time and its steps add up to the same', async () => {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const whole = await statsOf('');
  for (const step of ['1m', '1h', '1d']) {
    const { series, ...sum } = await statsOf(`?from=${from}&step=${step}`);
    expect(sum).toMatchObject({ ...whole });
    const points = series as Record<'accepted' | 'succeeded' | 'retried', number>[];
    for (const name of ['accepted', 'succeeded', 'retried'] as const)
      expect(total(points.map((point) => point[name]))).toBe(whole[name]);
  }
  expect(await statsOf(`?to=${from}`)).toMatchObject({ accepted: 0, succeeded: 0 });
});

test('a projection of a user’s own is loaded, and right', { timeout: 180_000 }, async () => {
  // The projector that has it may have been killed just now.
  await caughtUp('keys');
  const [all, asked] = [await events(), await commands()];
  const expected = new Map<string, object>();
  for (const key of new Set(asked.map((command) => command.key))) {
    const ends = all.filter((event) => event.key === key && /succeeded|failed|dead|cancelled/.test(event.kind));
    expected.set(key, {
      submits: asked.filter((command) => command.key === key && command.kind === 'submit').length,
      ends: ends.length,
      kinds: Object.fromEntries([...Map.groupBy(ends, ({ kind }) => kind)].map(([kind, of]) => [kind, of.length])),
      earliest: Math.min(...ends.map(({ at }) => at)),
      latest: Math.max(...ends.map(({ at }) => at)),
      jobs: Object.fromEntries(ends.map(({ id, kind, generation }) => [id, { kind, generation }])),
    });
  }
  const found = await documentsOf('keys');
  expect(new Map(found.map(({ _id, ...fields }) => [_id, fields]))).toEqual(expected);
});

test('reset and made again, each is what it was, to the last count', { timeout: 600_000 }, async () => {
  for (const name of ['statistics', 'keys']) {
    const before = await documentsOf(name);
    expect(before.length).toBeGreaterThan(5);
    expect(await putlog('list')).toMatch(new RegExp(`^${name} +${before.length} +0$`, 'm'));
    expect(JSON.parse(await putlog('reset', name, '--json'))).toEqual({ name, documents: before.length });
    await caughtUp(name);
    expect(await documentsOf(name)).toEqual(before);
  }
  await expect(putlog('reset', 'nobody')).rejects.toThrow('there is no projection "nobody" yet');
});
