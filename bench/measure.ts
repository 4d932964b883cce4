// The two measurements of a whole system: under load (all PUTs as fast as the connections allow, until every job has succeeded) and
// idle (one job after the other, from PUT until GET reads it as succeeded). Results are checked.
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchClient, percentile } from './http-client.ts';
import { overConnections } from './over-connections.ts';
import { payloadOf } from './payload.ts';

/** Times in milliseconds, rates in jobs per second. */
export type Measured = {
  acceptedPerSecond: number;
  completedPerSecond: number;
  put: { p50: number; p99: number };
  readableSuccess: { p50: number; p99: number };
  /** Milliseconds of processor time by part of the system, from the first PUT under load until the last job was done. */
  cpuMs?: Record<string, number>;
};

export type Load = { type: string; jobs: number; connections: number; probes: number };

/** Before anything counts. */
const warmUp = 500;
const deadline = 300_000;

/**
 * @param cpuMs what each part has had so far, where that is known
 * @throws Error where an answer is not what it must be, or something does not come about in time
 */
export async function measure(
  client: BenchClient,
  { type, jobs, connections, probes }: Load,
  cpuMs: () => Promise<Record<string, number> | undefined>,
): Promise<Measured> {
  const run = `b${Date.now().toString(36)}`;
  const putAll = (name: string, count: number): Promise<number[]> =>
    overConnections(connections, count, (n) => client.put(type, `${name}-${n}`, payloadOf(n)));
  const before = await client.succeeded();
  await putAll(`${run}-w`, warmUp);
  await client.untilSucceeded(before + warmUp, deadline);

  const cpuBefore = await cpuMs();
  const began = performance.now();
  const took = await putAll(run, jobs);
  const accepted = performance.now();
  await client.untilSucceeded(before + warmUp + jobs, deadline);
  const completed = performance.now();
  const cpu = Object.entries((await cpuMs()) ?? {}).map(([part, ms]) => [part, ms - (cpuBefore?.[part] ?? 0)]);
  await checkSample();

  await delay(1_000);
  const idle = await probe(`${run}-p`);
  const rate = (until: number) => Math.round(jobs / ((until - began) / 1_000));
  return {
    acceptedPerSecond: rate(accepted),
    completedPerSecond: rate(completed),
    put: { p50: percentile(took, 50), p99: percentile(took, 99) },
    readableSuccess: { p50: percentile(idle, 50), p99: percentile(idle, 99) },
    ...(cpu.length > 0 && { cpuMs: Object.fromEntries(cpu) }),
  };

  async function checkSample(): Promise<void> {
    const sample = Math.min(200, jobs);
    for (let i = 0; i < sample; i++) {
      const n = Math.floor((i * jobs) / sample);
      const { body } = await client.get(type, `${run}-${n}`);
      const { n: number, length } = (body.result ?? {}) as { n?: number; length?: number };
      if (body.state !== 'succeeded' || number !== n || length !== payloadOf(n).text.length)
        throw new Error(`job ${n} is ${body.state} with ${JSON.stringify(body.result)}`);
    }
  }

  async function probe(name: string): Promise<number[]> {
    const times: number[] = [];
    for (let n = 0; n < probes; n++) {
      const sent = performance.now();
      await client.put(type, `${name}-${n}`, payloadOf(n));
      while ((await client.get(type, `${name}-${n}`)).body.state !== 'succeeded') {
        if (performance.now() - sent > 30_000) throw new Error(`probe ${n} did not succeed within 30 s`);
        await delay(2);
      }
      times.push(performance.now() - sent);
    }
    return times;
  }
}
