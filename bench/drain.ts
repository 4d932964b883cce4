// `npm run bench:drain [-- --jobs N]`: one worker drains N queued jobs; before and after it a loop that only consumes,
// decodes and appends the same records does the same. Prints one JSON line with the rates and their ratio.
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createKafka } from '../platform/kafka.ts';
import { ensureTopics } from '../platform/topics.ts';
import { runBareLoop } from './bare-loop.ts';
import { type BenchStack, countOf, startBenchStack } from './bench-stack.ts';
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
  const before = await bareRate(stack, topic, 'bench.bare-before');
  const { rate: workerPerSecond, cpuUs, others } = await workerRate(stack);
  const after = await bareRate(stack, topic, 'bench.bare-after');
  const ratio = Math.round((workerPerSecond / ((before.rate + after.rate) / 2)) * 1_000) / 1_000;
  const machine = { cores: cpus().length, node: process.version, loadBefore };
  const rates = { workerPerSecond, barePerSecond: [before.rate, after.rate], ratio };
  const costs = { workerCpuUs: cpuUs, bareCpuUs: [before.cpuUs, after.cpuUs] };
  console.log(JSON.stringify({ at: new Date().toISOString(), jobs, ...rates, ...costs, others, machine }));
} finally {
  await stack.stop();
}

function* calls() {
  for (let n = 0; n < jobs; n++) yield echoCall(n);
}

/** `rate` a second; `cpuUs`: microseconds of the process's processor time for each. */
type Drained = { rate: number; cpuUs: number };

async function bareRate(of: BenchStack, topic: string, target: string): Promise<Drained> {
  const { connection, config, log, cluster, prepared } = of;
  const spec = { topic: target, partitions: prepared.partitions, replication: config.replication };
  await ensureTopics(createKafka(connection), [{ ...spec, retentionMs: -1, maxMessageBytes: 2_097_176 }], log);
  await cluster.watch([target]);
  const cpuBefore = process.cpuUsage();
  const took = await runBareLoop(of, topic, target, jobs);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { rate: Math.round(jobs / (took / 1_000)), cpuUs: tenths((user + system) / jobs) };
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
  return { rate: Math.round((last.size - first.size) / ((last.at - first.at) / 1_000)), cpuUs, others };
}
