// The two measurements of the whole pipeline: under load (all PUTs as fast as the connections allow, until every job has
// succeeded) and idle (one job after the other, from PUT until GET reads it as succeeded). Results are checked.
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchClient, percentile } from './http-client.ts';

/** Times in milliseconds, rates in jobs per second. */
export type Measured = {
  acceptedPerSecond: number;
  completedPerSecond: number;
  put: { p50: number; p99: number };
  readableSuccess: { p50: number; p99: number };
};

const type = 'demo.echo';
const text = (n: number) => `job ${n} `.padEnd(100, 'x');
const deadline = 300_000;

export async function measure(
  client: BenchClient,
  jobs: number,
  connections: number,
  probes: number,
): Promise<Measured> {
  const run = `b${Date.now().toString(36)}`;
  const warmUp = 500;
  const before = await client.succeeded();
  await putAll(client, `${run}-w`, warmUp, connections);
  await untilSucceeded(client, before + warmUp);

  const began = performance.now();
  const took = await putAll(client, run, jobs, connections);
  const accepted = performance.now();
  await untilSucceeded(client, before + warmUp + jobs);
  const completed = performance.now();
  await checkSample(client, run, jobs);

  await delay(1_000);
  const idle = await probe(client, `${run}-p`, probes);
  const rate = (until: number) => Math.round(jobs / ((until - began) / 1_000));
  return {
    acceptedPerSecond: rate(accepted),
    completedPerSecond: rate(completed),
    put: { p50: percentile(took, 50), p99: percentile(took, 99) },
    readableSuccess: { p50: percentile(idle, 50), p99: percentile(idle, 99) },
  };
}

async function putAll(client: BenchClient, run: string, jobs: number, connections: number): Promise<number[]> {
  const took: number[] = [];
  let next = 0;
  const one = async () => {
    while (next < jobs) {
      const n = next++;
      const began = performance.now();
      await client.put(type, `${run}-${n}`, { n, text: text(n) });
      took.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  return took;
}

async function untilSucceeded(client: BenchClient, count: number): Promise<void> {
  for (const limit = performance.now() + deadline; (await client.succeeded()) < count; await delay(20))
    if (performance.now() > limit) throw new Error(`not all of ${count} jobs succeeded within ${deadline} ms`);
}

async function checkSample(client: BenchClient, run: string, jobs: number): Promise<void> {
  const sample = Math.min(200, jobs);
  for (let i = 0; i < sample; i++) {
    const n = Math.floor((i * jobs) / sample);
    const { body } = await client.get(type, `${run}-${n}`);
    const wanted = JSON.stringify({ n, length: text(n).length });
    if (body.state !== 'succeeded' || JSON.stringify(body.result) !== wanted)
      throw new Error(`job ${n} is ${body.state} with ${JSON.stringify(body.result)}, not succeeded with ${wanted}`);
  }
}

async function probe(client: BenchClient, run: string, probes: number): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < probes; n++) {
    const began = performance.now();
    await client.put(type, `${run}-${n}`, { n, text: text(n) });
    while ((await client.get(type, `${run}-${n}`)).body.state !== 'succeeded') {
      if (performance.now() - began > 30_000) throw new Error(`probe ${n} did not succeed within 30 s`);
      await delay(2);
    }
    took.push(performance.now() - began);
  }
  return took;
}
