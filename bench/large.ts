// `npm run bench:large [-- --jobs N --keys K]`: many queued jobs and many ordering keys in one topic. Prints one JSON line:
// memory of worker and projector over time, and how long a worker that was killed is away, in the middle of it and once
// more with a job that has been running long while the others finished behind it. Each outcome is counted at the end.
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createMongo } from '../platform/mongo.ts';
import { openReadModel } from '../platform/read-model.ts';
import { type BenchService, countOf, startBenchStack } from './bench-stack.ts';
import { countOutcomes } from './count-outcomes.ts';
import { firstOutcomeOf } from './first-outcome.ts';
import { watchMemory } from './memory.ts';
import { echoCall, queueJobs } from './queue-jobs.ts';

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '1000000' }, keys: { type: 'string', default: '200000' } },
});
const jobs = countOf('jobs', values.jobs);
const keys = countOf('keys', values.keys);
const deadline = 3_600_000;
const sessionTimeoutMs = 10_000;

const stack = await startBenchStack({ PUTLOG_SESSION_TIMEOUT_MS: String(sessionTimeoutMs) });
const mongo = createMongo(stack.config.mongoUri);
try {
  const { topic } = stack;
  const events = stack.prepared.eventsTopic;
  const loadBefore = loadavg()[0];
  let began = performance.now();
  await queueJobs(stack, topic, calls());
  const queuedPerSecond = rate(jobs, began);

  began = performance.now();
  const projector = await stack.startService('projector');
  let worker = await stack.startService('worker');
  const memory = watchMemory(() => ({ worker, projector }));

  await recorded(events, Math.floor(jobs / 3));
  const away = { inTheMiddle: 0, besideALongJob: 0 };
  [worker, away.inTheMiddle] = await killAndRestart(worker);
  await recorded(events, Math.floor((jobs * 5) / 6));
  [worker, away.besideALongJob] = await killAndRestart(worker);

  const { jobs: documents } = await openReadModel(mongo.db);
  for (const limit = performance.now() + deadline; ; await delay(2_000)) {
    const succeeded = await documents.countDocuments({ state: 'succeeded' });
    if (succeeded >= jobs) break;
    if (performance.now() > limit) throw new Error(`${succeeded} of ${jobs} jobs succeeded within ${deadline} ms`);
  }
  const throughPerSecond = rate(jobs, began);
  const outcomes = await countOutcomes(stack);
  if (outcomes.jobs !== jobs || outcomes.twice !== 0) throw new Error(`outcomes: ${JSON.stringify(outcomes)}`);
  const machine = { cores: cpus().length, node: process.version, loadBefore };
  const measured = { queuedPerSecond, throughPerSecond, sessionTimeoutMs, awayMs: away, memory: await memory.stop() };
  console.log(JSON.stringify({ at: new Date().toISOString(), jobs, keys, ...measured, machine }));
} finally {
  await mongo.close();
  await stack.stop();
}

function rate(count: number, since: number): number {
  return Math.round(count / ((performance.now() - since) / 1_000));
}

/** The long one stands in the middle: an hour, so it runs until the end. */
function* calls() {
  for (let n = 0; n < jobs; n++) {
    if (n === Math.floor(jobs / 2)) yield { type: 'demo.sleep', id: 'long', key: 'long', payload: { ms: 3_600_000 } };
    yield echoCall(n, `key-${n % keys}`);
  }
}

async function recorded(events: string, count: number): Promise<void> {
  for (const limit = performance.now() + deadline; (await stack.size(events)) < count; await delay(50))
    if (performance.now() > limit) throw new Error(`not ${count} events within ${deadline} ms`);
}

/** kill -9, and another one at once: resolves to it and to the milliseconds until its first outcome. */
async function killAndRestart(worker: BenchService): Promise<[BenchService, number]> {
  const from = (await stack.cluster.offsets([stack.prepared.eventsTopic], 'latest')).get(stack.prepared.eventsTopic);
  await worker.end('SIGKILL');
  const killed = performance.now();
  const next = await stack.startService('worker');
  await firstOutcomeOf(stack, from ?? [], next.pid, deadline);
  return [next, Math.round(performance.now() - killed)];
}
