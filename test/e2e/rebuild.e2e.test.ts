// Invariants: a rebuilt read model is the live one, document by document; it takes its place, and gives it back, under load and under the
// eyes of readers of two processes who never see an error or a job go back; killed in the middle the rebuild goes on where it was.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMongo } from '../../platform/mongo.ts';
import { readModelNamed } from '../../platform/read-model.ts';
import { type Alias, changeAlias, readAlias } from '../../platform/read-model-alias.ts';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { type Answered, startPolling } from './poll-jobs.ts';
import { killOnceItSays, runProgram } from './run-program.ts';
import { useSystem } from './system.ts';

/** On a machine that is slow an answer may take its time, but it must come: what is told of it is an error. */
const patient = { PUTLOG_CATCH_UP_MS: '30000', PUTLOG_ACCEPT_MS: '30000' };
const system = useSystem({ settings: { PUTLOG_PARTITIONS: '4', ...patient } });
const mongo = createMongo(system.environment().MONGODB_URI ?? '');
let apis: Api[] = [];
let stopLoad: () => Promise<string[]>;
let polling: ReturnType<typeof startPolling>;

const putlog = (...args: string[]) => runProgram(args, system.environment());
const alias = () => readAlias(mongo.db);
const documentsOf = (name: string) => readModelNamed(mongo.db, name).jobs.find().sort({ _id: 1 }).toArray();
const names = async () => (await mongo.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);

/** PUTs at a steady pace until it is stopped; resolves to the names of all that were accepted. */
function startLoad(perSecond: number) {
  const accepted: string[] = [];
  const failed: unknown[] = [];
  const working = new Set<Promise<void>>();
  let n = 0;
  const timer = setInterval(() => {
    const name = n % 50 === 7 ? `demo.fail/load-${n}` : `demo.echo/load-${n}`;
    const payload = n % 50 === 7 ? { times: 1, message: 'no' } : { n, text: 'x' };
    const api = apis[n++ % apis.length];
    const one = api?.put(name, payload).then(({ status }) => {
      if (status === 202) accepted.push(name);
      else failed.push([name, status]);
    });
    if (one === undefined) return;
    const noted = one.catch((error: unknown) => void failed.push(error)).finally(() => working.delete(noted));
    working.add(noted);
  }, 1_000 / perSecond);
  polling = startPolling(() => accepted, apis);
  return async () => {
    clearInterval(timer);
    await Promise.all(working);
    expect(failed).toEqual([]);
    return accepted;
  };
}

/** When nothing is on its way any more the two are the same. */
async function assertEqual(one: string, other: string) {
  await until('the same in both', async () => {
    const [a, b] = await Promise.all([documentsOf(one), documentsOf(other)]);
    return JSON.stringify(a) === JSON.stringify(b) || undefined;
  }).catch(async () => expect(await documentsOf(other)).toEqual(await documentsOf(one)));
}

const assertNothingSeen = (answered: Answered) => {
  expect(answered.errors).toEqual([]);
  expect(answered.stepsBack).toEqual([]);
  expect(answered.reads).toBeGreaterThan(20);
};

beforeAll(async () => {
  const [first, second] = await Promise.all([
    system.startApi(),
    system.startApi(),
    system.start('worker'),
    system.start('projector'),
    system.start('projector'),
  ]);
  apis = [first, second];
  const history = Array.from({ length: 3_000 }, (_, n) => `demo.echo/history-${n}`);
  for (let at = 0; at < history.length; at += 200)
    await Promise.all(
      history.slice(at, at + 200).map((name, i) => apis[i % 2]?.put(name, { n: i, text: 'history'.repeat(20) })),
    );
  await apis[0]?.finished(history);
  stopLoad = startLoad(60);
});
afterAll(async () => {
  await polling.stop();
  await mongo.close();
});

test('a dry run compares, and changes nothing', async () => {
  const { code, stdout, stderr } = await putlog('rebuild', '--dry-run', '--verify');
  expect(stderr).not.toContain('error');
  expect(stdout).toContain('0 differ');
  expect(stdout).toContain('nothing was changed');
  expect(code).toBe(0);
  expect(await alias()).toMatchObject({ epoch: 0, current: 'jobs_v1' });
  expect((await names()).filter((name) => name.startsWith('jobs_'))).not.toContainEqual(
    expect.stringContaining('check'),
  );
});

test('killed with -9 in the middle, resumed, switched to under load: nobody sees a step back', async () => {
  for (const when of [/"step":"reading"/, /"step":"indexing"/, /"phase":"fed"/, /"phase":"ahead"/]) {
    await killOnceItSays(['rebuild', '--verify', '--json'], system.environment(), when);
    expect(await alias(), 'nothing was switched').toMatchObject({ current: 'jobs_v1' });
  }
  const { code, stdout } = await putlog('rebuild', '--verify');
  expect(stdout).toMatch(/jobs_v2 is read in place of jobs_v1/);
  expect(code).toBe(0);
  expect(await alias()).toMatchObject({ current: 'jobs_v2', previous: 'jobs_v1', feeds: ['jobs_v2', 'jobs_v1'] });
  assertNothingSeen(polling.look());
});

test('the read model is what the log says', async () => {
  const { code, stdout } = await putlog('verify', '--json');
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
  expect(last).toMatchObject({ step: 'done', live: 'jobs_v2', equal: true, found: 0, beyond: [], unsettled: 0 });
  expect(code).toBe(0);
});

test('rolled back, still under load', async () => {
  const { code, stdout } = await putlog('rebuild', '--rollback', '--json');
  const { switchMs, version } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
  expect([code, version]).toEqual([0, 'jobs_v1']);
  console.log(`from the first step of the rollback to the last: ${switchMs} ms`);
  expect(await alias()).toMatchObject({ current: 'jobs_v1', previous: 'jobs_v2' });
  assertNothingSeen(polling.look());
});

test('both are the same, document by document, once it is quiet', async () => {
  const accepted = await stopLoad();
  await apis[0]?.finished(accepted);
  assertNothingSeen(await polling.stop());
  await assertEqual('jobs_v1', 'jobs_v2');
  expect(await readModelNamed(mongo.db, 'jobs_v1').jobs.countDocuments()).toBe(3_000 + accepted.length);
});

test('a difference is found, told field by field, and refused until it is accepted', async () => {
  const { jobs } = readModelNamed(mongo.db, 'jobs_v1');
  await jobs.updateOne({ _id: 'demo.echo/history-7' }, { $set: { state: 'failed' } });
  await jobs.deleteOne({ _id: 'demo.echo/history-8' });
  const { code, stdout } = await putlog('verify');
  expect(stdout).toContain('demo.echo/history-7: state is "failed", by the log "succeeded"');
  expect(stdout).toContain('demo.echo/history-8: the log tells of it, and the read model lacks it');
  expect(code).toBe(1);
  const refused = await putlog('rebuild', '--verify');
  expect(refused.stderr).toContain('2 documents differ from what the log says');
  expect(refused.code).toBe(1);
  expect(await alias()).toMatchObject({ current: 'jobs_v1' });
  const accepted = await putlog('rebuild', '--verify', '--accept-differences');
  expect(accepted.code, accepted.stderr).toBe(0);
  expect(await alias()).toMatchObject({ current: 'jobs_v3', previous: 'jobs_v1', feeds: ['jobs_v3', 'jobs_v1'] });
  for (const api of apis) expect((await api.get('demo.echo/history-7')).body.state).toBe('succeeded');
});

test('what was kept for a rollback is dropped when its time is over, and there is nothing to go back to', async () => {
  const { epoch: _, ...now }: Alias = await alias();
  await changeAlias(mongo.db, await alias(), { ...now, keepUntil: Date.now() - 1 });
  await until('one version is left', async () => {
    const left = (await names()).filter((name) => /^jobs_v\d+$/.test(name));
    return (left.length === 1 && left[0] === 'jobs_v3') || undefined;
  });
  expect(await alias()).toMatchObject({ current: 'jobs_v3', feeds: ['jobs_v3'] });
  const { code, stderr } = await putlog('rebuild', '--rollback');
  expect(stderr).toContain('there is nothing to go back to');
  expect(code).toBe(1);
});

test('as it was at a time, in a collection of its own', async () => {
  const { jobs } = readModelNamed(mongo.db, 'jobs_v3');
  const [tenth] = await jobs
    .find({ _id: /history/ })
    .sort({ updatedAt: 1 })
    .skip(1_500)
    .limit(1)
    .toArray();
  const at = new Date(tenth?.updatedAt ?? 0);
  const { code, stdout, stderr } = await putlog('rebuild', '--until', at.toISOString(), '--json');
  expect(code, stderr).toBe(0);
  const { collection } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
  const found = await documentsOf(String(collection));
  expect(found.length).toBeGreaterThan(1_000);
  expect(found.filter(({ updatedAt }) => updatedAt > at.getTime())).toEqual([]);
  const over = await jobs.countDocuments({ updatedAt: { $lte: at.getTime() }, state: 'succeeded' });
  expect(found.filter(({ state }) => state === 'succeeded')).toHaveLength(over);
});

test.each([
  [['rebuild', '--until', 'yesterday'], /neither a time, such as .*, nor a position/],
  [['rebuild', '--until', '2999-01-01T00:00:00Z'], /in the future/],
  [['rebuild', '--until', 'no.such.topic/0@1'], /there is no topic no.such.topic; there are/],
  [['rebuild', '--until', `${system.topics.events}/99@1`], /has no partition 99; it has 4/],
  [['rebuild', '--until', `${system.topics.events}/0@999999`], /ends before 999999/],
])('%j says what is wrong', async (args, said) => {
  const { code, stderr } = await putlog(...args);
  expect(stderr).toMatch(said);
  expect(code).toBe(1);
});
