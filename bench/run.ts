// `npm run bench [-- --jobs N --connections C --base URL]`: measures the whole pipeline and prints one JSON line. Without
// --base it starts everything on an embedded stack of its own and stops it afterwards.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createBenchClient } from './http-client.ts';
import { measure } from './measure.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '64' },
    probes: { type: 'string', default: '300' },
    base: { type: 'string' },
  },
});
const [jobs, connections, probes] = [values.jobs, values.connections, values.probes].map(Number);
if (!jobs || !connections || !probes) throw new Error('--jobs, --connections and --probes take whole numbers above 0');

const own = values.base === undefined ? await startOwn() : undefined;
try {
  const client = createBenchClient(values.base ?? own?.url ?? '', connections);
  const load = loadavg()[0];
  const measured = await measure(client, jobs, connections, probes);
  await client.close();
  const machine = { cores: cpus().length, node: process.version, loadBefore: load };
  console.log(JSON.stringify({ at: new Date().toISOString(), jobs, connections, ...measured, machine }));
} finally {
  await own?.stop();
}

async function startOwn(): Promise<{ url: string; stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'putlog-bench-'));
  const putlog = join(import.meta.dirname, '../cli/putlog.js');
  const child = spawn(process.execPath, [putlog, 'start'], {
    env: { ...process.env, PUTLOG_DATA_DIR: dataDir, PUTLOG_PORT: '0' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  };
  for (const limit = performance.now() + 300_000; performance.now() < limit; await delay(200)) {
    if (child.exitCode !== null) throw new Error(`putlog start ended with code ${child.exitCode}`);
    const run = await readFile(join(dataDir, 'run.json'), 'utf8').catch(() => undefined);
    if (run !== undefined) return { url: (JSON.parse(run) as { http: string }).http, stop };
  }
  await stop();
  throw new Error('nothing was ready within 300 s');
}
