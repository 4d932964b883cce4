// `npm run bench:wait [-- --probes N --connections C]`: a PUT with `Prefer: wait` beside the same PUT to a handler that awaits
// inline, in turns, in one run: one call after the other, then over C connections. Prints one JSON line, in milliseconds.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { countOf, startBenchStack } from './bench-stack.ts';
import { percentile } from './http-client.ts';

const { values } = parseArgs({
  options: { probes: { type: 'string', default: '500' }, connections: { type: 'string', default: '16' } },
});
const probes = countOf('probes', values.probes);
const connections = countOf('connections', values.connections);
const rounds = 3;

const functions = {
  echo: { type: 'demo.echo', payload: { n: 1, text: 'x'.repeat(100) } },
  sleep10: { type: 'demo.sleep', payload: { ms: 10 } },
};
type Called = keyof typeof functions;
type Side = 'putlog' | 'inline';

const stack = await startBenchStack();
const inline = fork(join(import.meta.dirname, 'inline-handler.ts'));
try {
  const [address]: unknown[] = await once(inline, 'message');
  const [api] = await Promise.all((['api', 'worker', 'projector'] as const).map(stack.startService));
  const pools: Record<Side, Pool> = {
    putlog: new Pool(api?.url ?? '', { connections, pipelining: 1 }),
    inline: new Pool(String(address), { connections, pipelining: 1 }),
  };
  const loadBefore = loadavg()[0];
  let last = 0;

  async function call(side: Side, called: Called): Promise<number> {
    const { type, payload } = functions[called];
    const began = performance.now();
    const { statusCode, body } = await pools[side].request({
      method: 'PUT',
      path: `/jobs/${type}/w-${last++}`,
      headers: { 'content-type': 'application/json', prefer: 'wait=20' },
      body: JSON.stringify(payload),
    });
    const { state } = (await body.json()) as { state?: string };
    if (statusCode !== 200 || state !== 'succeeded') throw new Error(`${side} ${type}: ${statusCode}, ${state}`);
    return performance.now() - began;
  }

  async function several(side: Side, called: Called, count: number, atOnce: number): Promise<number[]> {
    const took: number[] = [];
    let left = count;
    const one = async () => {
      while (left-- > 0) took.push(await call(side, called));
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    return took;
  }

  async function inTurns(called: Called, count: number, atOnce: number) {
    const took: Record<Side, number[]> = { putlog: [], inline: [] };
    await several('putlog', called, Math.ceil(count / 5), atOnce);
    for (let round = 0; round < rounds; round++)
      for (const side of ['putlog', 'inline'] as const)
        took[side].push(...(await several(side, called, Math.ceil(count / rounds), atOnce)));
    const shown = (all: number[]) => ({ p50: percentile(all, 50), p99: percentile(all, 99) });
    return { putlog: shown(took.putlog), inline: shown(took.inline) };
  }

  const idle = { echo: await inTurns('echo', probes, 1), sleep10: await inTurns('sleep10', probes, 1) };
  const busy = {
    echo: await inTurns('echo', probes * 4, connections),
    sleep10: await inTurns('sleep10', probes * 4, connections),
  };
  await Promise.all([pools.putlog.close(), pools.inline.close()]);
  const machine = { cores: cpus().length, node: process.version, loadBefore };
  console.log(JSON.stringify({ at: new Date().toISOString(), probes, connections, ms: { idle, busy }, machine }));
} finally {
  inline.disconnect();
  await stack.stop();
}
