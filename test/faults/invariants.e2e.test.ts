// The checks of the fault suite on a real system: with nothing but a killed worker they find no breach; with the read model,
// the executions and the log tampered with behind the services' back they find each of it.
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { openLogWriter } from '../../platform/log-writer.ts';
import { createMongo } from '../../platform/mongo.ts';
import { openReadModel } from '../../platform/read-model.ts';
import { groupNames } from '../../schemas/topics.ts';
import { useSystem } from '../e2e/system.ts';
import { silent, watchedCluster } from '../stack/log.ts';
import { executionsVariable, readExecutions } from './executions.ts';
import { checkInvariants } from './invariants.ts';
import { observe } from './invariants-observe.ts';
import { createJournal } from './journal.ts';
import { createLoad } from './load.ts';
import { randomFrom } from './random.ts';

const system = useSystem({
  settings: { PUTLOG_JOBS: join(import.meta.dirname, 'jobs'), PUTLOG_SESSION_TIMEOUT_MS: '6000' },
});
const executionsFile = join(system.folder, 'executions.jsonl');
const journal = createJournal(() => undefined);
const stack = inject('stack');
const mongoUri = new URL(stack.mongoUri);
mongoUri.pathname = `/${system.prefix}`;
const topics = [...system.topics.commandsOf('default'), system.topics.events];
const commits = { commits: [], processes: [], unseen: 0 };

const check = (observed: Parameters<typeof checkInvariants>[0]['observed']) =>
  checkInvariants({
    ...{ journal, observed, executionsFile, prefix: system.prefix, registryUrl: stack.registryUrl },
    ...{ kafka: stack.brokers, mongoUri: mongoUri.href },
  });

beforeAll(async () => {
  const settings = { [executionsVariable]: executionsFile };
  const [api, worker] = await Promise.all([
    system.startApi(),
    system.start('worker', settings),
    system.start('worker', settings),
    system.start('projector'),
  ]);
  const observer = observe({
    ...{ kafka: stack.brokers, topics, groups: Object.values(groupNames(system.prefix)) },
    processes: () => system.alive().map(({ role, pid }) => ({ name: role, pid })),
  });
  const load = createLoad({ http: api.url, random: randomFrom(7), journal });
  load.begin({ perSecond: 200 });
  await load.acknowledged(500);
  await worker.end('SIGKILL');
  await load.acknowledged(1_500);
  await load.end();
  await load.close();
  Object.assign(commits, await observer.stop());
});

test('a system that keeps its promises: no breach, and everything was looked at', async () => {
  const { breaches, figures } = await check(commits);
  expect(breaches).toEqual([]);
  expect(figures.acked).toBeGreaterThanOrEqual(1_500);
  for (const name of ['rejected', 'documents', 'runs', 'polled', 'commits', 'mostMebibytes', 'fences'])
    expect({ name, positive: (figures[name] ?? 0) > 0 }).toEqual({ name, positive: true });
  console.log(figures);
});

test('tampered with: a document, an execution and an outcome too many are all found', async () => {
  const [one] = (await readExecutions(executionsFile)).filter(({ what }) => what === 'end');
  await appendFile(executionsFile, `${JSON.stringify({ ...one, what: 'begin', pid: 1 })}\n`);
  const mongo = createMongo(mongoUri.href);
  const { jobs } = await openReadModel(mongo.db);
  await jobs.updateOne({ state: 'succeeded' }, { $set: { result: '{}' } });
  await mongo.close();
  await repeatFirstOutcome();

  const found = Map.groupBy((await check(commits)).breaches, ({ invariant }) => invariant);
  expect([...found.keys()].sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 9]);
  expect(found.get(5)?.map(({ text }) => text)).toContainEqual(expect.stringContaining('result is "{}"'));
});

/** As nothing of ours ever does: an append to the events without the identity of their owner. */
async function repeatFirstOutcome() {
  const cluster = await watchedCluster(stack.brokers, topics);
  const events = system.topics.events;
  const { records } = await cluster.fetch(events, 0, 1, 2 ** 20, 500);
  const outcome = records.find(({ headers }) => String(headers.ce_type) === 'putlog.job.succeeded');
  if (outcome === undefined) throw new Error('no outcome in partition 0');
  const writer = await openLogWriter({ cluster, log: silent });
  const headers = Object.fromEntries(Object.entries(outcome.headers).map(([name, value]) => [name, String(value)]));
  const { key, value, timestamp } = outcome;
  await writer.append({
    ...{ topic: events, partition: 0, timestamp, headers },
    ...{ key: key ?? Buffer.alloc(0), value: value ?? Buffer.alloc(0) },
  });
  await writer.close(1_000);
  await cluster.close();
}
