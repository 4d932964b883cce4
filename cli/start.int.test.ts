import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { choosePorts } from '../embedded/ports.ts';
import { readState, type StackState } from '../embedded/stack-state.ts';
import { until, untilGone } from '../test/stack/deadline.ts';
import type { Run } from './start-run-file.ts';

/** `putlog start` as a process, on the stack of the test run and with stand-ins for the services. */
vi.setConfig({ testTimeout: 150_000 });

let dataDir: string;
let running: Started[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'putlog-test-'));
  running = [];
});

afterEach(async () => {
  const pids = existsSync(join(dataDir, 'run.json')) ? Object.values((await readRun()).processes).flat() : [];
  for (const { child, ended } of running) {
    child.kill('SIGKILL');
    await ended;
  }
  // Services whose parent is gone end by themselves, and write to this folder until they have.
  await Promise.all(pids.map((pid) => untilGone(pid, 5_000)));
  await rm(dataDir, { recursive: true, force: true });
});

type Started = { readonly child: ChildProcess; readonly ended: Promise<number | null>; readonly output: () => string };

async function launch(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Started> {
  const { brokers, registryUrl, mongoUri } = inject('stack');
  const { port } = await choosePorts({ port: { wanted: undefined, previous: undefined, setting: 'port' } });
  const addresses = { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl, MONGODB_URI: mongoUri };
  const own = { PUTLOG_DATA_DIR: dataDir, PUTLOG_PORT: String(port), STAND_IN_DIARY: join(dataDir, 'diary') };
  const script = join(import.meta.dirname, '../test/stack/start-stand-ins.ts');
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...addresses, ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const started = { child, ended, output: () => output };
  running.push(started);
  return started;
}

const untilSaid = ({ output, child }: Started, words: string | RegExp) =>
  until(`"${words}" in the output`, async () => {
    if (output().search(words) >= 0) return true;
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} without "${words}":\n${output()}`);
    return undefined;
  });

const readRun = async (): Promise<Run> => JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8'));
const readDiary = async () => (await readFile(join(dataDir, 'diary'), 'utf8')).trim().split('\n');
const only = (list: readonly number[]) => list[0] ?? 0;

test('all up: addresses, a line to try, run.json; Ctrl-C stops in order and leaves nothing', async () => {
  const started = await launch();
  await untilSaid(started, /ready in \d+\.\d s/);
  const run = await readRun();
  expect(started.output()).toContain(`HTTP      ${run.http}`);
  expect(started.output()).toContain(`curl -i -X PUT ${run.http}/jobs/demo.echo/hello-1`);
  expect(run).toMatchObject({ kafka: inject('stack').brokers, mongodb: inject('stack').mongoUri });
  expect(run.processes).toMatchObject({ kafka: [], registry: [], mongod: [] });
  const pids = Object.values(run.processes).flat();
  expect(pids).toHaveLength(3);

  started.child.kill('SIGINT');
  expect(await started.ended).toBe(0);
  expect((await readDiary()).slice(3)).toEqual(['api drained', 'worker drained', 'projector drained']);
  await Promise.all(pids.map((pid) => untilGone(pid, 1_000)));
  expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
});

test('a service that dies is restarted, loudly, with its new pid in run.json', async () => {
  const started = await launch();
  await untilSaid(started, 'ready in');
  const killed = only((await readRun()).processes.worker);
  process.kill(killed, 'SIGKILL');
  await untilSaid(
    started,
    'worker died (SIGKILL), last words: worker is starting. Restarting in 250 ms'.replace(/[()]/g, '\\$&'),
  );
  await untilSaid(started, 'worker is back');
  await expect.poll(async () => only((await readRun()).processes.worker)).not.toBe(killed);
  started.child.kill('SIGTERM');
  expect(await started.ended).toBe(0);
});

test('a service that refuses its configuration ends everything, with its reason', async () => {
  const started = await launch(['worker:refuse']);
  expect(await started.ended).toBe(78);
  expect(started.output()).toContain('worker refuses to start: PUTLOG_QUEUE is not a queue');
  expect(started.output()).toMatch(/api stopped.*worker stopped.*projector stopped/s);
});

test('warnings are shown, the rest goes to the log file only', async () => {
  const started = await launch(['api:warn']);
  await untilSaid(started, 'ready in');
  await untilSaid(started, /api: .*WARN.*api warns of something/);
  expect(started.output()).not.toContain('api is starting');
  await until('the rest in the log file', async () => {
    const file = join(dataDir, 'logs', 'api.log');
    if (!existsSync(file)) return undefined;
    return (await readFile(file, 'utf8')).includes('api is starting') || undefined;
  });
});

test('a second Ctrl-C kills what does not drain', async () => {
  const started = await launch(['api:hang']);
  await untilSaid(started, 'ready in');
  const pids = Object.values((await readRun()).processes).flat();
  started.child.kill('SIGINT');
  await until('the wish to drain', async () => (await readDiary()).includes('api refuses to drain') || undefined);
  // Two signals close together are one wish, so this one is repeated until it counts.
  const again = setInterval(() => started.child.kill('SIGINT'), 100);
  expect(await started.ended).toBe(130);
  clearInterval(again);
  await Promise.all(pids.map((pid) => untilGone(pid, 1_000)));
});

test('killed with -9: the services notice and end', async () => {
  const started = await launch();
  await untilSaid(started, 'ready in');
  const pids = Object.values((await readRun()).processes).flat();
  started.child.kill('SIGKILL');
  await Promise.all(pids.map((pid) => untilGone(pid, 5_000)));
});

test('a taken port is named with the setting that changes it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const started = await launch([], { PUTLOG_PORT: String(port) });
  expect(await started.ended).toBe(1);
  expect(started.output()).toContain(`Port ${port} is taken: set PUTLOG_PORT to another one`);
  server.close();
});

test('--fresh deletes what Putlog made, nothing else, and nothing under a running stack', async () => {
  await mkdir(join(dataDir, 'kafka'));
  await writeFile(join(dataDir, 'notes.txt'), 'mine');
  const started = await launch(['--fresh']);
  await untilSaid(started, 'ready in');
  expect(existsSync(join(dataDir, 'kafka'))).toBe(false);
  expect(existsSync(join(dataDir, 'notes.txt'))).toBe(true);

  const second = await launch(['--fresh']);
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`is in use by another running stack (process ${started.child.pid})`);
  expect(existsSync(join(dataDir, 'run.json'))).toBe(true);
});

test('an embedded stack: one part given, the others started, a dead one brought back', async () => {
  const started = await launch([], { KAFKA_BROKERS: '', MONGODB_URI: '' });
  await untilSaid(started, 'ready in');
  const run = await readRun();
  expect(run.registry).toBe(inject('stack').registryUrl);
  expect(run.processes.registry).toEqual([]);
  const [kafka, mongod] = [only(run.processes.kafka), only(run.processes.mongod)];
  expect(await readFile(`/proc/${kafka}/cmdline`, 'utf8')).toContain('kafka.Kafka');
  expect(await readFile(`/proc/${mongod}/cmdline`, 'utf8')).toContain('--replSet');

  process.kill(kafka, 'SIGKILL');
  await untilSaid(started, /kafka died .SIGKILL.*Restarting in 250 ms/);
  await untilSaid(started, 'kafka is back');
  await expect.poll(async () => only((await readRun()).processes.kafka)).not.toBe(kafka);
  expect((await readRun()).kafka).toBe(run.kafka);

  const pids = Object.values((await readRun()).processes).flat();
  started.child.kill('SIGHUP');
  expect(await started.ended).toBe(0);
  expect(started.output()).toMatch(/projector stopped.*MongoDB stopped.*Kafka stopped/s);
  await Promise.all(pids.map((pid) => untilGone(pid, 1_000)));
});

test('Ctrl-C while the stack boots: nothing is left', async () => {
  const started = await launch([], { KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '', MONGODB_URI: '' });
  const pids = await until('three parts', async () => {
    const state: StackState = await readState(dataDir);
    const found = Object.values(state.processes).map(({ pid }) => pid);
    return found.length === 3 ? found : undefined;
  });
  started.child.kill('SIGINT');
  expect(await started.ended).toBe(0);
  expect(started.output()).not.toContain('Error');
  await Promise.all(pids.map((pid) => untilGone(pid, 1_000)));
});
