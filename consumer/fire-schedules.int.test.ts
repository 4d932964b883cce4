// Firing on a real MongoDB, with a log that is a list: who fires what, and from where a later owner goes on.
import { randomUUID } from 'node:crypto';
import Type from 'typebox';
import { afterAll, afterEach, beforeEach, expect, inject, test } from 'vitest';
import type { LogRecord } from '../platform/log-writer.ts';
import { createMongo } from '../platform/mongo.ts';
import { oneVersion } from '../platform/one-version.fixture.ts';
import { readModelNamed } from '../platform/read-model.ts';
import { createScheduleStates } from '../platform/schedule-states.ts';
import type { Known, SettingChange } from '../platform/settings.ts';
import { createDecoder } from '../platform/wire-format.ts';
import { type Command, commandType } from '../schemas/command.ts';
import { defineJob } from '../schemas/define-job.ts';
import type { Schedule } from '../schemas/schedule.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log } from '../test/stack/log.ts';
import { fireSchedules } from './fire-schedules.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/schedules-${randomUUID()}`;
const mongo = createMongo(uri.href);
const states = createScheduleStates(mongo.db);
const stored = mongo.db.collection<{ _id: string; until?: number; begun?: number }>('schedules');
const readCommand = createDecoder<Command>(commandType, 5, () => Promise.reject(new Error('no registry here')));
const definition = defineJob({ type: 'test.job', payload: Type.Unknown(), result: Type.Null(), handler: () => null });
const hour = 3_600_000;

let settings: Map<string, Known>;
let told: ((change: SettingChange) => void)[];
let appended: LogRecord[];
let loops: ReturnType<typeof fireSchedules>[];
const failures: unknown[] = [];

beforeEach(() => {
  [settings, told, appended, loops] = [new Map(), [], [], []];
});
afterEach(async () => {
  await Promise.all(loops.map(({ close }) => close()));
  await stored.deleteMany({});
  expect(failures.splice(0)).toEqual([]);
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

function change(id: string, fields: Partial<Schedule> | undefined) {
  const at = Date.now();
  const value: Schedule = {
    ...{ cron: '* * * * * *', timeZone: 'UTC', type: 'test.job', payload: { b: 1, a: 2 }, key: `schedule/${id}` },
    ...{ overlap: 'queue', missed: 'one', paused: false, createdAt: at, since: at, ...fields },
  };
  const known = fields && { value, at, offset: 0 };
  if (known === undefined) settings.delete(`schedule/${id}`);
  else settings.set(`schedule/${id}`, known);
  for (const tell of told) tell({ name: `schedule/${id}`, known });
}

function open(places: () => string[] = () => ['c/0']) {
  const loop = fireSchedules({
    ...{ states, places, log, partitions: 1, startedAt: Date.now(), fatal: (error: unknown) => failures.push(error) },
    settings: { of: (kind) => [...settings].map(([name, known]) => [name.slice(kind.length + 1), known]), onChange },
    jobs: new Map([['test.job', { definition, file: '' }]]),
    topicOf: () => 'c',
    versions: oneVersion(readModelNamed(mongo.db, 'jobs_v1')),
    writer: { append: async (record) => appended.push(record) - 1 },
    submits: { partitions: 1, commandSchemaId: 5, source: '/test' },
    cancels: { topic: 'cancels', cancelSchemaId: 6, source: '/test' },
  });
  loops.push(loop);
  return loop;
}
const onChange = (tell: (typeof told)[number]) => void told.push(tell);

const commands = () => Promise.all(appended.map(({ value }) => readCommand(value)));
const fired = async (id: string) => (await commands()).map((one) => one.id).filter((name) => name.startsWith(`${id}.`));
const untilFired = (id: string, count: number) =>
  until(`${count} of ${id}`, async () => (new Set(await fired(id)).size >= count ? fired(id) : undefined));
const secondOf = (name: string) => {
  const [, ...parts] = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(name) ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  return Date.UTC(year, month - 1, ...rest) / 1_000;
};
const distances = (names: readonly string[]) => {
  const seconds = [...new Set(names)].map(secondOf).sort((a, b) => a - b);
  return new Set(seconds.slice(1).map((second, i) => second - (seconds[i] ?? 0)));
};

test('two that both think the place theirs fire the same: each time one id, one payload, one partition', async () => {
  change('a', {});
  [open(), open()];
  await untilFired('a', 4);
  const all = await commands();
  expect(distances(await fired('a'))).toEqual(new Set([1]));
  for (const { payload, digest, key, options, generation } of all)
    expect({ payload, digest, key, options, generation }).toEqual({
      ...{ payload: '{"a":2,"b":1}', digest: all[0]?.digest, key: 'schedule/a', options: '{"schedule":"a"}' },
      generation: 0,
    });
});

test('a later owner goes on where the one before ended; whose the place is not fires nothing', async () => {
  change('a', {});
  const other = open(() => []);
  const one = open();
  await untilFired('a', 2);
  await one.close();
  const before = await fired('a');
  open();
  const all = await untilFired('a', before.length + 2);
  expect(all.slice(0, before.length)).toEqual(before);
  expect([new Set(all).size, distances(all)]).toEqual([all.length, new Set([1])]);
  await other.close();
});

test('how far it is only moves forward, and a schedule that comes again begins anew', async () => {
  const schedule: Schedule = {
    ...{ cron: '* * * * *', timeZone: 'UTC', type: 'test.job', payload: 1, key: 'k', overlap: 'skip', missed: 'all' },
    ...{ paused: false, createdAt: 1, since: 1 },
  };
  const state = (at: number) => ({ until: at, job: null, skipped: at });
  for (const at of [5, 9, 7]) await states.save([{ id: 'a', schedule, state: state(at) }]);
  expect(await states.read([{ id: 'a', schedule }])).toEqual(new Map([['a', state(9)]]));
  expect(await states.read([{ id: 'a', schedule: { ...schedule, createdAt: 2 } }])).toEqual(new Map());
});

test('where MongoDB knows nothing of a schedule that is older than what it keeps, nothing is made up for', async () => {
  await states.begun();
  change('old', { createdAt: Date.now() - hour, since: Date.now() - hour, missed: 'all' });
  open();
  const [first = ''] = await untilFired('old', 2);
  const begun = (await stored.findOne({ _id: 'begun' }))?.begun ?? 0;
  expect(secondOf(first) * 1_000).toBeGreaterThan(begun);
});

test.each([
  ['all', 60],
  ['one', 1],
  ['skip', 0],
] as const)('made while no worker was there, %s: what it missed', async (missed, count) => {
  await stored.insertOne({ _id: 'begun', begun: Date.now() - 2 * hour });
  const [at, second] = [Date.now() - hour, new Date(Date.now() - 30_000).getUTCSeconds()];
  // Half a minute away from now, so that none is late.
  change('new', { cron: `${second} * * * * *`, createdAt: at, since: at, missed });
  change('beside', {});
  open();
  await untilFired('new', count);
  await untilFired('beside', 2);
  expect(await fired('new')).toHaveLength(count);
});

test('a change counts from its time on; deleted it ends, and so does what is known of it', async () => {
  change('a', { createdAt: 1 });
  change('unknown', { type: 'test.none' });
  open();
  await untilFired('a', 2);
  change('a', { createdAt: 1, payload: 'new' });
  await until(
    'the new payload',
    async () => (await commands()).some(({ payload }) => payload === '"new"') || undefined,
  );
  change('a', undefined);
  await until('the end', async () => (await stored.countDocuments({ until: { $exists: true } })) === 0 || undefined);
  const ended = (await fired('a')).length;
  change('b', {});
  await untilFired('b', 3);
  expect([(await fired('a')).length - ended <= 1, await fired('unknown')]).toEqual([true, []]);
  expect(distances(await fired('a'))).toEqual(new Set([1]));
});
