// Invariants: past calls run again through new code come to the recorded end or are told as a difference, each exactly once; a dry run is
// told to functions as one; and nothing of the system notices: no event, no command, no claim, no document, no blob, no group.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKafka } from '../../platform/kafka.ts';
import { createMongo } from '../../platform/mongo.ts';
import { readModelNamed } from '../../platform/read-model.ts';
import { until } from '../stack/deadline.ts';
import { silent, watchedCluster } from '../stack/log.ts';
import type { Api } from './api.ts';
import { readTopic } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import { interruptOnceItSays, type Ran, runProgram } from './run-program.ts';
import { useSystem } from './system.ts';

/** `test.score` and, in a thread, `test.stored`; `score` and `stored` are what a handler does, `n` what it may be called with. */
const jobFile = ({ score = '', stored = "'old'", n = 'Type.Integer()', module = '' }) => `
import { appendFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { defineJob, NonRetryableError, Type } from 'putlog';
${module}
const note = ({ id, attempt, dryRun }) => appendFileSync(process.env.NOTES, id + ' ' + attempt + ' ' + dryRun + '\\n');
const payload = Type.Object({ n: ${n}, fails: Type.Optional(Type.Integer()) });
export default [
  defineJob({
    type: 'test.score', payload, result: Type.Object({ n: Type.Integer(), twice: Type.Integer() }),
    retry: { attempts: 3, backoffMs: 50 },
    async handler({ n, fails = 0 }, context) {
      note(context);
      const { id, attempt, signal } = context;
      ${score}
      if (id.startsWith('bad')) throw new NonRetryableError('a bad one');
      if (attempt <= fails) throw new Error('not yet');
      return { n, twice: 2 * n };
    },
  }),
  defineJob({
    type: 'test.stored', payload, result: Type.Object({ sha256: Type.String(), before: Type.Boolean() }), run: 'thread',
    async handler({ n }, context) {
      note(context);
      const { id, blobs, dryRun } = context;
      const before = !dryRun && (await blobs.head(id)) !== undefined;
      const body = Readable.from([Buffer.from(${stored})]);
      const { info } = await blobs.put(id, body, { contentType: 'text/plain', maxBytes: 100 });
      return { sha256: info.sha256, before };
    },
  }),
];
`;

const system = useSystem();
const folders = {
  old: join(system.folder, 'old'),
  changed: join(system.folder, 'changed'),
  slow: join(system.folder, 'slow'),
};
const notes = { worker: join(system.folder, 'worker-notes'), replay: join(system.folder, 'replay-notes') };
const settings = { PUTLOG_JOBS: folders.old, NOTES: notes.worker };
const mongo = createMongo(system.environment().MONGODB_URI ?? '');
const admin = createKafka({ brokers: system.brokers, clientId: 'test', log: silent }).admin();
let api: Api;
let stopLoad: () => Promise<number>;
let middle: string;
let second: string;

const environment = () => ({ ...system.environment(), NOTES: notes.replay });
const replay = (...args: string[]): Promise<Ran> => runProgram(['replay', ...args], environment());
const same = (type = 'test.score', ...args: string[]) => replay(type, '--handlers', folders.old, '--json', ...args);
const lines = ({ stdout }: Ran): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const last = (ran: Ran) => lines(ran).at(-1);
const linesOf = async (file: string) => (await readFile(file, 'utf8')).trimEnd().split('\n');
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

const documents = () =>
  readModelNamed(mongo.db, 'jobs_v1')
    .jobs.find({ _id: /^test\./ })
    .sort({ _id: 1 })
    .toArray();

/** The end of each partition of each topic of this system. */
async function ends() {
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(`${system.prefix}.`)).sort();
  const cluster = await watchedCluster(system.brokers, topics);
  try {
    return [...(await cluster.offsets(topics, 'latest'))].sort();
  } finally {
    await cluster.close();
  }
}

/** A digest of each collection, and the groups with their commits. */
async function elsewhere() {
  const { collections } = await mongo.db.command({ dbHash: 1 });
  const groups = (await admin.listGroups()).groups
    .map(({ groupId }) => groupId)
    .filter((id) => id.includes(system.prefix));
  const offsets = await Promise.all(groups.sort().map((groupId) => admin.fetchOffsets({ groupId })));
  return { collections, groups, offsets };
}

function startLoad(perSecond: number) {
  const working = new Set<Promise<void>>();
  const names: string[] = [];
  const timer = setInterval(() => {
    const name = `demo.echo/load-${names.length}`;
    names.push(name);
    const one: Promise<void> = api
      .put(name, { n: 1, text: 'x' })
      .then(({ status }) => expect(status).toBe(202))
      .finally(() => working.delete(one));
    working.add(one);
  }, 1_000 / perSecond);
  return async () => {
    clearInterval(timer);
    await Promise.all(working);
    await api.finished(names);
    return names.length;
  };
}

async function call(names: readonly string[], payload: (n: number) => object) {
  await inParallel(16, names, async (name) => {
    const n = Number(/\d+$/.exec(name)?.[0]);
    expect((await api.put(`test.score/${name}`, payload(n))).status).toBe(202);
  });
}

beforeAll(async () => {
  for (const folder of Object.values(folders)) await mkdir(folder);
  await writeFile(join(folders.old, 'jobs.ts'), jobFile({}));
  const changes = `
      if (n % 10 === 0) return { n, twice: 2 * n + 1 };
      if (n === 7) throw new Error('seven');
      if (n === 8) return { n, twice: 'sixteen' };
      if (id === 'bad-1') return { n, twice: 0 };`;
  const changed = {
    score: changes,
    stored: "'new'",
    n: 'Type.Integer({ maximum: 97 })',
    module: 'setInterval(() => 0, 1e6);',
  };
  await writeFile(join(folders.changed, 'jobs.ts'), jobFile(changed));
  const wait = "console.log('begun'); await new Promise((done) => signal.addEventListener('abort', done));";
  await writeFile(join(folders.slow, 'jobs.ts'), jobFile({ score: wait }));

  await admin.connect();
  [api] = await Promise.all([
    system.startApi(settings),
    system.start('worker', settings),
    system.start('worker', settings),
    system.start('projector', settings),
  ]);
  stopLoad = startLoad(15);
  const plain = range(0, 100).map((n) => `plain-${n}`);
  await call(plain, (n) => ({ n }));
  await call(['bad-1', 'bad-2', 'bad-3'], (n) => ({ n }));
  await api.finished(plain.map((name) => `test.score/${name}`));
  middle = new Date().toISOString();
  await call(['again-1'], (n) => ({ n, fails: 1 }));
  second = String((await api.get('test.score/again-1')).body.position);
  await call(['again-2', 'again-3'], (n) => ({ n, fails: n - 1 }));
  await call(['dead-1', 'dead-2'], (n) => ({ n, fails: 5 }));
  await api.put('test.score/later-1?delay=0.3', { n: 1 });
  await api.put('test.score/open-1?delay=PT1H', { n: 1 });
  await api.put('test.score/cancelled-1?delay=PT1H', { n: 1 });
  await api.request('DELETE', '/jobs/test.score/cancelled-1');
  for (const n of range(0, 5)) await api.put(`test.stored/stored-${n}`, { n });
  const rest = [
    'bad-1',
    'bad-2',
    'bad-3',
    'again-1',
    'again-2',
    'again-3',
    'dead-1',
    'dead-2',
    'later-1',
    'cancelled-1',
  ];
  await api.finished([...rest.map((id) => `test.score/${id}`), ...range(0, 5).map((n) => `test.stored/stored-${n}`)]);
});
afterAll(async () => {
  await Promise.all([mongo.close(), admin.disconnect()]);
});

test('the same code: no difference, under load; and what it did stands nowhere', async () => {
  const before = await documents();
  const earlier = (await readTopic(system.brokers, system.topics.events)).length;
  const ran = await same();
  expect(ran.stderr).toBe('');
  expect(lines(ran)).toEqual([
    expect.objectContaining({
      step: 'done',
      type: 'test.score',
      compared: 109,
      equal: 109,
      unended: 1,
      notOfFunction: 1,
      erased: 0,
    }),
  ]);
  expect(ran.code).toBe(0);
  expect(await documents()).toEqual(before);
  const events = await readTopic(system.brokers, system.topics.events);
  const since = events.length - earlier;
  expect(since, 'the system had other things to do').toBeGreaterThan(0);
  const ours = events.filter(({ subject, type }) => subject.startsWith('test.') && type.endsWith('succeeded'));
  expect(ours).toHaveLength(100 + 3 + 1 + 5);
});

test('functions are told that it is a dry run, and which attempt is compared', async () => {
  const told = await linesOf(notes.replay);
  expect(told).toHaveLength(109);
  expect(told.filter((line) => !line.endsWith(' true'))).toEqual([]);
  expect(told).toEqual(expect.arrayContaining(['again-3 3 true', 'dead-1 3 true', 'later-1 1 true', 'plain-1 1 true']));
  const byWorkers = await linesOf(notes.worker);
  expect(byWorkers.length).toBeGreaterThan(109);
  expect(byWorkers.filter((line) => !line.endsWith(' false'))).toEqual([]);
});

test('changed code, still under load: exactly the differences that are to be expected', async () => {
  const ran = await replay('test.score', '--handlers', folders.changed, '--json', '--concurrency', '3');
  const found = lines(ran).filter(({ step }) => step === 'difference');
  const rows = found.map(({ id, kind, recorded, replayed, pointer, was, is }) => [
    id,
    kind,
    recorded,
    replayed,
    pointer,
    was,
    is,
  ]);
  const ok = 'succeeded';
  const tens = range(0, 10).map((i) => [
    `plain-${10 * i}`,
    'result',
    ok,
    ok,
    '/twice',
    String(20 * i),
    String(20 * i + 1),
  ]);
  expect(rows.sort()).toEqual(
    [
      ...tens,
      ['plain-7', 'outcome', ok, 'failed job-failed', '', '{"n":7,"twice":14}', 'seven'],
      ['plain-8', 'returned', ok, 'result refused', '/twice', '16', 'must be integer'],
      ['plain-98', 'payload', ok, 'payload refused', '/n', '98', 'must be <= 97'],
      ['plain-99', 'payload', ok, 'payload refused', '/n', '99', 'must be <= 97'],
      ['bad-1', 'outcome', 'failed job-failed', ok, '', 'a bad one', '{"n":1,"twice":0}'],
    ].sort(),
  );
  expect(last(ran)).toMatchObject({
    ...{ step: 'done', compared: 109, equal: 94, same: false },
    differ: { result: 10, outcome: 2, returned: 1, payload: 2 },
  });
  expect(ran.code, 'although its file leaves a timer open').toBe(1);
  expect(await stopLoad()).toBeGreaterThan(20);
});

test('as a table', async () => {
  const { code, stdout } = await replay('test.score', '--handlers', folders.changed);
  expect(stdout).toMatch(/^JOB +RECORDED +REPLAYED +AT +WAS +IS\n/);
  expect(stdout).toMatch(/^test\.score\/plain-10 +succeeded +succeeded +\/twice +20 +21$/m);
  expect(stdout).toContain('109 calls of test.score compared in ');
  expect(stdout).toContain('1 call has no recorded end: not compared');
  expect(code).toBe(1);
});

test('blobs are read and not written, in a thread as well', async () => {
  expect(last(await same('test.stored'))).toMatchObject({ compared: 5, equal: 5 });
  const ran = await replay('test.stored', '--handlers', folders.changed, '--json');
  expect(last(ran)).toMatchObject({ compared: 5, equal: 0, differ: { result: 5 } });
  const { body } = await fetch(`${api.url}/blobs/stored-1`);
  expect(await new Response(body).text()).toBe('old');
});

test('from and to, by time and by position', async () => {
  expect(last(await same('test.score', '--to', middle))).toMatchObject({ compared: 103, unended: 0, limited: false });
  const late = { compared: 6, unended: 1, notOfFunction: 1, same: true };
  expect(last(await same('test.score', '--from', middle))).toMatchObject(late);
  expect(last(await same('test.score', '--from', second))).toMatchObject(late);
});

test('one call alone, and no more than a limit', async () => {
  expect(last(await same('test.score', '--from', second, '--to', second))).toMatchObject({ compared: 1 });
  expect(last(await same('test.score', '--limit', '10'))).toMatchObject({ compared: 10, limited: true });
});

test('^C ends it in good order, with what it has found', async () => {
  const args = ['replay', 'test.score', '--handlers', folders.slow];
  const { code, stdout, stderr } = await interruptOnceItSays(args, environment(), /begun/);
  expect(stdout).toContain('0 calls of test.score compared in ');
  expect(stdout).toContain('interrupted');
  expect(stderr).not.toContain('rror');
  expect(code).toBe(1);
});

test.each<[string[], RegExp, number]>([
  [['no.such', '--handlers', folders.old], /does not define no\.such; it defines test\.score, test\.stored/, 2],
  [['putlog.webhook', '--handlers', folders.old], /putlog\.webhook cannot be replayed/, 2],
  [['test.score', '--handlers', join(system.folder, 'none')], /none cannot be read/, 2],
  [['test.score', '--handlers', folders.old, '--from', 'yesterday'], /neither a time, .* nor a position/, 2],
  [['test.score', '--handlers', folders.old, '--limit', '0'], /from 1 on/, 2],
  [['test.score', '--handlers', folders.old, '--from', `${system.topics.events}/99@1`], /has no partition 99/, 1],
])('%j says what is wrong', async (args, said, expected) => {
  const { code, stderr } = await replay(...args);
  expect(stderr).toMatch(said);
  expect(code).toBe(expected);
});

test('while nobody else writes: not a record, not a document, not a group more than before', async () => {
  await Promise.all(system.alive().map(({ end }) => end('SIGTERM')));
  await until('nobody is in a group', async () => {
    const { groups } = await admin.describeGroups((await elsewhere()).groups);
    return groups.every(({ members }) => members.length === 0) || undefined;
  });
  const before = [await ends(), await elsewhere()];
  expect((await same()).code).toBe(0);
  expect((await replay('test.score', '--handlers', folders.changed)).code).toBe(1);
  expect((await replay('test.stored', '--handlers', folders.changed)).code).toBe(1);
  expect([await ends(), await elsewhere()]).toEqual(before);
});
