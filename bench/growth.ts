// `npm run bench:growth [-- --axis jobs|partitions|keys|payload --jobs N]`: does it become slower as it grows? `jobs`: one system that has
// done N (1,000,000), the rate of each 50,000. The others: a fresh system for each value, N (20,000) jobs each. PUT over 64 connections,
// until all have succeeded. Prints one JSON line for each window or value: rates, and what api, worker and projector hold (MiB).
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type BenchService, countOf, startBenchStack } from './bench-stack.ts';
import { type BenchClient, createBenchClient, percentile } from './http-client.ts';
import { overConnections } from './over-connections.ts';
import { payloadOf } from './payload.ts';

const axes = {
  partitions: [8, 16, 32, 64],
  keys: [1, 100, 10_000, 200_000],
  payload: [100, 1_000, 20_000, 200_000],
};
type Axis = keyof typeof axes;
const connections = 64;
const window = 50_000;
/** Before anything counts. */
const warmUp = 2_000;
const deadline = 600_000;

const { values } = parseArgs({
  options: { axis: { type: 'string', default: 'jobs' }, jobs: { type: 'string' } },
});
const { axis } = values;
const isAxis = (name: string): name is Axis => Object.hasOwn(axes, name);
const machine = { cores: cpus().length, node: process.version, loadBefore: loadavg()[0] };

if (axis === 'jobs') await growOld(countOf('jobs', values.jobs ?? '1000000'));
else if (isAxis(axis))
  for (const value of axes[axis]) await oneValue(axis, value, countOf('jobs', values.jobs ?? '20000'));
else throw new Error(`--axis takes jobs, ${Object.keys(axes).join(', ')}`);

type Services = Record<'api' | 'worker' | 'projector', BenchService>;

async function withSystem(
  settings: Readonly<Record<string, string>>,
  work: (client: BenchClient, services: Services) => Promise<void>,
): Promise<void> {
  const stack = await startBenchStack(settings);
  try {
    const [api, worker, projector] = await Promise.all([
      stack.startService('api'),
      stack.startService('worker'),
      stack.startService('projector'),
    ]);
    const client = createBenchClient(api.url, connections);
    await work(client, { api, worker, projector });
    await client.close();
  } finally {
    await stack.stop();
  }
}

const mebibytesOf = async (services: Services) =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(services).map(async ([name, service]) => [name, Math.round((await service.rss()) / 2 ** 20)]),
    ),
  );

/** One batch of jobs until all have succeeded: jobs a second, and the 99th percentile of its PUTs in milliseconds. */
async function rateOf(client: BenchClient, first: number, count: number, call: (n: number) => Call) {
  const before = await client.succeeded();
  const began = performance.now();
  const times = await overConnections(connections, count, (i) => {
    const { path, text } = call(first + i);
    return client.put('demo.echo', path, { n: first + i, text });
  });
  await client.untilSucceeded(before + count, deadline);
  const seconds = (performance.now() - began) / 1_000;
  return { perSecond: Math.round(count / seconds), putP99: percentile(times, 99) };
}

/** `path`: its id, and the query behind it. */
type Call = { path: string; text: string };

const usual = (n: number): Call => ({ path: `g-${n}`, text: payloadOf(n).text });

async function growOld(jobs: number): Promise<void> {
  await withSystem({}, async (client, services) => {
    await rateOf(client, 0, warmUp, usual);
    for (let done = warmUp; done < jobs; done += window) {
      const { perSecond, putP99 } = await rateOf(client, done, Math.min(window, jobs - done), usual);
      const mib = await mebibytesOf(services);
      console.log(JSON.stringify({ axis, from: done, perSecond, putP99, mib, ...(done === warmUp && { machine }) }));
    }
  });
}

async function oneValue(of: Axis, value: number, jobs: number): Promise<void> {
  const settings = of === 'partitions' ? { PUTLOG_PARTITIONS: String(value) } : {};
  const call = (n: number): Call => {
    const { path, text } = usual(n);
    return {
      path: of === 'keys' ? `${path}?key=key-${n % value}` : path,
      text: of === 'payload' ? text.padEnd(value, 'x') : text,
    };
  };
  await withSystem(settings, async (client, services) => {
    await rateOf(client, 0, warmUp, call);
    const rates = await rateOf(client, warmUp, jobs, call);
    console.log(JSON.stringify({ axis: of, value, jobs, ...rates, mib: await mebibytesOf(services), machine }));
  });
}
