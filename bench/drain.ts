// `npm run bench:drain [-- --jobs N]`: one worker drains N queued jobs; before and after it two loops that only consume,
// decode and append the same records do the same, one on our own parts and one on kafkajs as it is published. Prints one JSON
// line with the rates and the worker's ratio to each.
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createKafka } from '../platform/kafka.ts';
import { ensureTopics } from '../platform/topics.ts';
import { runBareLoop } from './bare-loop.ts';
import { type BenchStack, countOf, startBenchStack } from './bench-stack.ts';
import { runPlainLoop } from './plain-loop.ts';
import { echoCall, queueJobs } from './queue-jobs.ts';

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '300000' } } });
const jobs = countOf('jobs', values.jobs);
const deadline = 1_800_000;
const tenths = (value: number) => Math.round(value * 10) / 10;

const stack = await startBenchStack();
try {
  const { topic } = stack;
  const loadBefore = loadavg()[0];
  await queueJobs(stack, topic, calls());
  const plainBefore = await plainRate(stack, topic, 'bench.plain-before');
  const bareBefore = await bareRate(stack, topic, 'bench.bare-before');
  const { others, ...worker } = await workerRate(stack);
  const bareAfter = await bareRate(stack, topic, 'bench.bare-after');
  const plainAfter = await plainRate(stack, topic, 'bench.plain-after');
  const machine = { cores: cpus().length, node: process.version, loadBefore };
  const ratios = {
    toPlain: ratio(worker, [plainBefore, plainAfter]),
    toBare: ratio(worker, [bareBefore, bareAfter]),
  };
  const drained = { worker, plain: [plainBefore, plainAfter], bare: [bareBefore, bareAfter] };
  console.log(JSON.stringify({ at: new Date().toISOString(), jobs, ratios, ...drained, others, machine }));
} finally {
  await stack.stop();
}

function* calls() {
  for (let n = 0; n < jobs; n++) yield echoCall(n);
}

/** `perSecond`: jobs; `cpuUs`: microseconds of the process's processor time for each. */
type Drained = { perSecond: number; cpuUs: number };

function ratio({ perSecond }: Drained, others: readonly [Drained, Drained]): number {
  const mean = (others[0].perSecond + others[1].perSecond) / 2;
  return Math.round((perSecond / mean) * 1_000) / 1_000;
}

async function createTarget({ connection, config, log, cluster, prepared }: BenchStack, topic: string) {
  const spec = { topic, partitions: prepared.partitions, replication: config.replication };
  await ensureTopics(createKafka(connection), [{ ...spec, retentionMs: -1, maxMessageBytes: 2_097_176 }], log);
  await cluster.watch([topic]);
}

async function plainRate(of: BenchStack, topic: string, target: string): Promise<Drained> {
  const { partitions, eventSchemaId } = of.prepared;
  await createTarget(of, target);
  const { kafkaBrokers: brokers, registryUrl } = of.config;
  const about = { brokers, registryUrl, eventSchemaId, partitions, topic, target, jobs };
  const { ms, cpuMs } = await runPlainLoop(about);
  return { perSecond: Math.round(jobs / (ms / 1_000)), cpuUs: tenths((cpuMs * 1_000) / jobs) };
}

async function bareRate(of: BenchStack, topic: string, target: string): Promise<Drained> {
  await createTarget(of, target);
  const cpuBefore = process.cpuUsage();
  const took = await runBareLoop(of, topic, target, jobs);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: Math.round(jobs / (took / 1_000)), cpuUs: tenths((user + system) / jobs) };
}

/** From the first outcome that is seen to the last; `others`: events that are neither an outcome nor the first fences. */
async function workerRate(of: BenchStack): Promise<Drained & { others: number }> {
  const { eventsTopic, partitions, commandTopics } = of.prepared;
  const fences = partitions * commandTopics.length;
  const until = async (count: number) => {
    for (const limit = performance.now() + deadline; ; await delay(20)) {
      const size = await of.size(eventsTopic);
      if (size >= count) return { size, at: performance.now() };
      if (performance.now() > limit)
        throw new Error(`the worker has recorded ${size} of ${count} within ${deadline} ms`);
    }
  };
  const worker = await of.startService('worker');
  const first = await until(fences + 1);
  const cpuBefore = await worker.cpuMs();
  const last = await until(fences + jobs);
  const cpuUs = tenths(((await worker.cpuMs()) - cpuBefore) / ((last.size - first.size) / 1_000));
  await worker.end('SIGTERM');
  const others = (await of.size(eventsTopic)) - fences - jobs;
  const perSecond = Math.round((last.size - first.size) / ((last.at - first.at) / 1_000));
  return { perSecond, cpuUs, others };
}
