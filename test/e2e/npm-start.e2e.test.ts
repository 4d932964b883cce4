// The first thing a newcomer does: `npm start`, the printed line, Ctrl-C. The line works, and nothing is left running.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run } from '../../cli/start-run-file.ts';
import { choosePorts } from '../../embedded/ports.ts';
import { until, untilGone } from '../stack/deadline.ts';

const root = join(import.meta.dirname, '../..');
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'putlog-e2e-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** As from a terminal: npm, what it starts, and Ctrl-C for the whole of that group. */
async function npmStart() {
  const { port } = await choosePorts({ port: { wanted: undefined, previous: undefined, setting: 'port' } });
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URI, NODE_ENV, ...env } = process.env;
  const child = spawn('npm', ['start'], {
    cwd: root,
    detached: true,
    env: { ...env, PUTLOG_DATA_DIR: dataDir, PUTLOG_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    pid: child.pid ?? 0,
    output: () => said.join(''),
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    ctrlC: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
  };
}

const childrenOf = async (pid: number) =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);

test('npm start: the printed curl line works, and Ctrl-C leaves no process', async () => {
  const started = await npmStart();
  await until(
    'the line that says ready',
    async () => {
      if (started.hasEnded()) throw new Error(`npm start ended:\n${started.output()}`);
      return /ready in \d/.test(started.output()) || undefined;
    },
    120_000,
  );
  const line = /^ *(curl .*)$/m.exec(started.output())?.[1] ?? '';
  const { stdout } = await promisify(execFile)('sh', ['-c', line]);
  expect(stdout).toMatch(/^HTTP\/1\.1 202 /);
  expect(stdout).toContain('"type":"demo.echo","id":"hello-1"');
  expect(started.output().match(/docs\/guarantees\.md/g), 'what one broker is worth is told once').toHaveLength(1);

  const run: Run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8'));
  await until('the job to succeed', async () => {
    const job = await (await fetch(`${run.http}/jobs/demo.echo/hello-1`)).text();
    return job.includes('"result":{"n":1,"length":5}') || undefined;
  });

  const pids = Object.values(run.processes).flat();
  expect(pids).toHaveLength(6);
  const all = [started.pid, ...pids, ...(await childrenOf(started.pid))];
  started.ctrlC();
  await started.ended;
  await Promise.all(all.map((pid) => untilGone(pid, 5_000)));
  expect(started.output()).toMatch(/api stopped.*worker stopped.*projector stopped.*Kafka stopped/s);
});
