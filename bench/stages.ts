// `npm run bench:stages [-- --jobs N --connections C]`: each stage alone, one after the other, on the same jobs: accept them while nobody
// runs them, run them while nobody projects, project them while nothing else happens, read them, and at last all stages together on
// NDJSON batches. Prints one JSON line with the rate of each and what it takes of its process, Kafka and MongoDB.
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { createMongo } from '../platform/mongo.ts';
import { openReadModel, readCheckpoints } from '../platform/read-model.ts';
import { countOf, startBenchStack } from './bench-stack.ts';
import { createBenchClient, percentile } from './http-client.ts';
import { overConnections } from './over-connections.ts';
import { payloadOf } from './payload.ts';
import { cpuMsOf } from './process-figures.ts';

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '100000' }, connections: { type: 'string', default: '64' } },
});
const jobs = countOf('jobs', values.jobs);
const connections = countOf('connections', values.connections);
const deadline = 600_000;
const linesOfBatch = 1_000;
const batchesAtOnce = 4;
/** Before anything counts. */
const warmUp = 500;

const stack = await startBenchStack();
const mongo = createMongo(stack.config.mongoUri);

/** `perSecond`: jobs (events, where a stage has its own); `us`: microseconds of processor time a job, of each process that has a part in it. */
type Stage = { perSecond: number; us: Record<string, number> };

async function stageOf(what: number, pids: Record<string, number>, work: () => Promise<unknown>): Promise<Stage> {
  const all = { ...pids, kafka: stack.pids.kafka, mongod: stack.pids.mongod };
  const cpu = async () => Promise.all(Object.values(all).map(cpuMsOf));
  const before = await cpu();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const after = await cpu();
  const us = Object.keys(all).map((name, i) => [
    name,
    Math.round((((after[i] ?? 0) - (before[i] ?? 0)) * 1_000) / what),
  ]);
  return { perSecond: Math.round(what / seconds), us: Object.fromEntries(us) };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Polls until `count` has come to `wanted`. */
async function until(what: string, wanted: number, count: () => Promise<number>): Promise<void> {
  for (const limit = performance.now() + deadline; ; await delay(20)) {
    const now = await count();
    if (now >= wanted) return;
    if (performance.now() > limit) throw new Error(`${now} of ${wanted} ${what} within ${deadline} ms`);
  }
}

const p50AndP99 = (times: readonly number[]) => ({ p50: percentile(times, 50), p99: percentile(times, 99) });

try {
  const loadBefore = loadavg()[0];
  const { eventsTopic, partitions, commandTopics } = stack.prepared;
  const fences = partitions * commandTopics.length;
  const model = await openReadModel(mongo.db);
  const topics = [eventsTopic, ...commandTopics];
  /** Counted only where the projector has read all that there is: counting costs more than projecting. */
  async function succeeded(): Promise<number> {
    const checkpoints = [...(await readCheckpoints(model, topics)).values()].flatMap((next) => Object.values(next));
    const sizes = await Promise.all(topics.map((topic) => stack.size(topic)));
    return sum(checkpoints) < sum(sizes) ? 0 : model.jobs.countDocuments({ state: 'succeeded' });
  }

  const api = await stack.startService('api');
  const client = createBenchClient(api.url, connections);
  await overConnections(connections, warmUp, (n) => client.put('demo.echo', `warm-${n}`, payloadOf(n)));
  let times: number[] = [];
  const accept = await stageOf(jobs, { api: api.pid }, async () => {
    times = await overConnections(connections, jobs, (n) => client.put('demo.echo', `s-${n}`, payloadOf(n)));
  });
  const put = p50AndP99(times);

  const worker = await stack.startService('worker');
  const run = await stageOf(jobs, { worker: worker.pid }, () =>
    until('outcomes', fences + warmUp + jobs, () => stack.size(eventsTopic)),
  );

  const projector = await stack.startService('projector');
  // A command and an outcome for each.
  const project = await stageOf(2 * jobs, { projector: projector.pid }, () =>
    until('documents', warmUp + jobs, succeeded),
  );

  const read = await stageOf(jobs, { api: api.pid }, async () => {
    times = await overConnections(connections, jobs, async (n) => {
      const { body } = await client.get('demo.echo', `s-${n}`);
      if (body.state !== 'succeeded') throw new Error(`s-${n} is ${body.state}`);
    });
  });
  const get = p50AndP99(times);
  await client.close();

  const pids = { api: api.pid, worker: worker.pid, projector: projector.pid };
  const batch = await stageOf(jobs, pids, async () => {
    await sendBatches(api.url);
    await until('documents', warmUp + 2 * jobs, succeeded);
  });

  const machine = { cores: cpus().length, node: process.version, loadBefore };
  const stages = { accept: { ...accept, put }, run, project, read: { ...read, get }, batch };
  console.log(JSON.stringify({ at: new Date().toISOString(), jobs, connections, ...stages, machine }));
} finally {
  await mongo.close();
  await stack.stop();
}

/** All jobs once more, under other ids. @throws Error where one of them is not accepted */
async function sendBatches(url: string): Promise<void> {
  const pool = new Pool(url, { connections: batchesAtOnce, pipelining: 1, headersTimeout: deadline });
  let next = 0;
  async function work() {
    while (next < jobs) {
      const first = next;
      next = Math.min(jobs, first + linesOfBatch);
      const lines = Array.from({ length: next - first }, (_, i) =>
        JSON.stringify({ type: 'demo.echo', id: `l-${first + i}`, payload: payloadOf(first + i) }),
      );
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/jobs',
        headers: { 'content-type': 'application/x-ndjson' },
        body: `${lines.join('\n')}\n`,
      });
      const answers = (await body.text()).trim().split('\n');
      const accepted = answers.filter((answer) => (JSON.parse(answer) as { status?: number }).status === 202);
      if (statusCode !== 200 || accepted.length !== lines.length)
        throw new Error(`a batch was answered ${statusCode}: ${answers.find((answer) => !accepted.includes(answer))}`);
    }
  }
  await Promise.all(Array.from({ length: batchesAtOnce }, work));
  await pool.close();
}
