// `npm run bench:rebuild [-- --jobs N]`: a history of so many jobs, rebuilt by `putlog rebuild --verify` while 200 jobs a second are accepted and
// 100 are polled, then rolled back. Prints one JSON line: records and events a second, the memory of the rebuild, what the pollers saw.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createMongo } from '../platform/mongo.ts';
import { openReadModel } from '../platform/read-model.ts';
import { countOf, startBenchStack } from './bench-stack.ts';
import { rssOf } from './process-figures.ts';
import { echoCall, queueJobs } from './queue-jobs.ts';
import { readAndWrite } from './read-and-write.ts';

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '1000000' } } });
const jobs = countOf('jobs', values.jobs);
const deadline = 3_600_000;
const program = join(import.meta.dirname, '../cli/putlog.js');

const stack = await startBenchStack();
const mongo = createMongo(stack.config.mongoUri);

type Line = { step: string } & Record<string, unknown>;

/**
 * The last line that it says, how long it was at each step (seconds, from its first line on), and the most memory that it had (MiB).
 * @throws Error where it fails
 */
async function putlog(...args: string[]) {
  const began = performance.now();
  const child = spawn(process.execPath, [program, ...args, '--json'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...stack.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const steps: { step: string; at: number }[] = [];
  let said: Line = { step: 'none' };
  createInterface({ input: child.stdout }).on('line', (line) => {
    said = JSON.parse(line);
    if (steps.at(-1)?.step !== said.step) steps.push({ step: said.step, at: performance.now() });
  });
  let mostBytes = 0;
  const timer = setInterval(() => {
    rssOf(child.pid ?? 0).then(
      (bytes) => {
        mostBytes = Math.max(mostBytes, bytes);
      },
      (error: unknown) => console.error(error),
    );
  }, 500);
  const [code] = await once(child, 'close');
  clearInterval(timer);
  if (code !== 0) throw new Error(`putlog ${args.join(' ')} ended with ${code}`);
  const ended = performance.now();
  const took: Record<string, number> = {};
  for (const [i, { step, at }] of steps.entries())
    took[step] = tenths((took[step] ?? 0) + ((steps[i + 1]?.at ?? ended) - at) / 1_000);
  return { said, took, seconds: (ended - began) / 1_000, mostMib: Math.round(mostBytes / 2 ** 20) };
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

try {
  const loadBefore = loadavg()[0];
  await queueJobs(stack, stack.topic, calls());
  const [api] = await Promise.all([
    stack.startService('api'),
    stack.startService('worker'),
    stack.startService('projector'),
  ]);
  const { jobs: documents } = await openReadModel(mongo.db);
  for (const limit = performance.now() + deadline; ; await delay(2_000)) {
    if ((await documents.countDocuments({ state: 'succeeded' })) >= jobs) break;
    if (performance.now() > limit) throw new Error(`the history was not there within ${deadline} ms`);
  }
  const beside = readAndWrite(api.url, { writesPerSecond: 200, readsPerSecond: 100 });
  await delay(3_000);
  const rebuilt = await putlog('rebuild', '--verify');
  const rolledBack = await putlog('rebuild', '--rollback');
  await delay(1_000);
  const seen = await beside.stop();
  const records = Number(rebuilt.said.records);
  const measured = {
    took: rebuilt.took,
    ...{ rebuildSeconds: Math.round(rebuilt.seconds), recordsPerSecond: Math.round(records / rebuilt.seconds) },
    ...{
      readPerSecond: Math.round(records / (rebuilt.took.reading ?? 0)),
      mostMib: rebuilt.mostMib,
      compared: rebuilt.said.compared,
    },
    ...{ switchMs: rebuilt.said.switchMs, rollbackMs: rolledBack.said.switchMs, ...seen },
  };
  const machine = { cores: cpus().length, node: process.version, loadBefore };
  console.log(JSON.stringify({ at: new Date().toISOString(), jobs, ...measured, machine }));
} finally {
  await mongo.close();
  await stack.stop();
}

function* calls() {
  for (let n = 0; n < jobs; n++) yield echoCall(n);
}
