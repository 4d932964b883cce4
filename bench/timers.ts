// `npm run bench:timers [-- --jobs N --seconds S]`: N calls (200,000) that fall due evenly over S seconds (60), all of them
// put off before the first is due. Prints one JSON line: how late they ran, in milliseconds, and the worker's memory in MiB.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { countOf, startBenchStack } from './bench-stack.ts';
import { percentile } from './http-client.ts';
import { watchMemory } from './memory.ts';
import { echoCall, queueJobs } from './queue-jobs.ts';

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '200000' }, seconds: { type: 'string', default: '60' } },
});
const jobs = countOf('jobs', values.jobs);
const seconds = countOf('seconds', values.seconds);
/** So many calls a second are put off at least; else they would fall due before all of them are. */
const putOffPerSecond = 1_500;
const deadline = 600_000;

const stack = await startBenchStack();
try {
  const { topic } = stack;
  const loadBefore = loadavg()[0];
  const worker = await stack.startService('worker');
  const memory = watchMemory(() => ({ worker }));
  const began = Date.now();
  const first = began + Math.ceil(jobs / putOffPerSecond) * 1_000;
  const dueAt = (n: number) => first + Math.floor((n * seconds * 1_000) / jobs);
  await queueJobs(stack, topic, calls());

  const late: number[] = [];
  const seen = { scheduled: 0, lastScheduledAt: 0 };
  await Promise.all(Array.from({ length: stack.prepared.partitions }, (_, partition) => follow(partition)));
  if (seen.scheduled !== jobs) throw new Error(`${seen.scheduled} of ${jobs} calls were put off: the others were due`);
  const machine = { cores: cpus().length, node: process.version, loadBefore };
  const ms = {
    least: percentile(late, 0),
    p50: percentile(late, 50),
    p99: percentile(late, 99),
    most: percentile(late, 100),
  };
  const putOffIn = seen.lastScheduledAt - began;
  const measured = { lateMs: ms, putOffInMs: putOffIn, memory: await memory.stop() };
  console.log(JSON.stringify({ at: new Date().toISOString(), jobs, seconds, ...measured, machine }));

  function* calls() {
    for (let n = 0; n < jobs; n++) yield { ...echoCall(n), dueAt: dueAt(n) };
  }

  async function follow(partition: number): Promise<void> {
    const limit = performance.now() + deadline;
    for (let offset = 0; late.length < jobs; ) {
      const { records, next } = await stack.cluster.fetch(stack.prepared.eventsTopic, partition, offset, 2 ** 20, 200);
      offset = next;
      for (const { value, headers } of records) {
        if (!String(headers.ce_type).startsWith('putlog.job.')) continue;
        const event = await stack.prepared.readEvent(value);
        if (event.kind === 'scheduled') {
          seen.scheduled++;
          seen.lastScheduledAt = Math.max(seen.lastScheduledAt, event.at);
        } else late.push((event.startedAt ?? Number.NaN) - dueAt(Number(event.id.slice('b-'.length))));
      }
      if (performance.now() > limit) throw new Error(`${late.length} of ${jobs} calls ran within ${deadline} ms`);
    }
  }
} finally {
  await stack.stop();
}
