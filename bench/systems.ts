// What `npm run bench` compares: Putlog, and every other system that speaks the same small HTTP contract (README.md here). Each is
// started for one type of job, measured, asked for its memory, and stopped.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Run } from '../cli/start-run-file.ts';
import { cpuMsOf, rssOf } from './process-figures.ts';

const run = promisify(execFile);

/** By part, of the processes that it is made of: MiB that they hold, and milliseconds of processor time that they have had. */
export type Figures = { mib: Record<string, number>; cpuMs?: Record<string, number> };

export type Running = { url: string; figures: () => Promise<Figures>; stop: () => Promise<void> };

export type System = {
  name: string;
  /** Resolves once it serves. `type` is the only one that it will be asked for. */
  start: (type: string) => Promise<Running>;
};

const jobsFolder = join(import.meta.dirname, 'jobs');
const program = join(import.meta.dirname, '../cli/putlog.js');

/** `npm start`, with a data directory of its own and the two types of this folder. */
export const putlog: System = { name: 'putlog', start: startPutlog };

async function startPutlog(): Promise<Running> {
  const dataDir = await mkdtemp(join(tmpdir(), 'putlog-bench-'));
  const child = spawn(process.execPath, [program, 'start'], {
    env: { ...process.env, PUTLOG_DATA_DIR: dataDir, PUTLOG_PORT: '0', PUTLOG_JOBS: jobsFolder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((settle) => child.once('exit', () => settle()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  };
  const file = join(dataDir, 'run.json');
  for (const limit = performance.now() + 300_000; performance.now() < limit; await delay(200)) {
    if (child.exitCode !== null) throw new Error(`putlog start ended with code ${child.exitCode}`);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const { http, processes }: Run = JSON.parse(text);
    return { url: http, figures: () => figuresOf(processes), stop };
  }
  await stop();
  throw new Error('putlog was not ready within 300 s');
}

async function figuresOf(processes: Run['processes']): Promise<Figures> {
  const figures = { mib: {} as Record<string, number>, cpuMs: {} as Record<string, number> };
  for (const [part, pids] of Object.entries(processes)) {
    const bytes = await Promise.all(pids.map(rssOf));
    const cpu = await Promise.all(pids.map(cpuMsOf));
    figures.mib[part] = Math.round(sum(bytes) / 2 ** 20);
    figures.cpuMs[part] = sum(cpu);
  }
  return figures;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Where every other system serves. */
const peerUrl = 'http://127.0.0.1:17080';

/** @throws Error where `folder` has no system of that name; `names` undefined: all that it has. Installs what they need. */
export async function readPeers(folder: string, names: readonly string[] | undefined): Promise<System[]> {
  const there = await Promise.all((await readdir(folder)).map((name) => peerIn(join(resolve(folder), name))));
  const peers = there.flatMap((peer) => peer ?? []);
  const known = peers.map(({ name }) => name);
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`${folder} has no ${unknown.join(', ')}; it has ${known.join(', ')}`);
  const wanted = peers.filter(({ name }) => names?.includes(name) ?? true);
  for (const { install } of wanted) await install();
  return wanted;
}

async function peerIn(folder: string): Promise<(System & { install: () => Promise<unknown> }) | undefined> {
  const script = join(folder, 'run.sh');
  const text = await readFile(script, 'utf8').catch(() => undefined);
  // The load generator that may lie beside them is started otherwise.
  if (text === undefined || !text.includes('start_api')) return undefined;
  const tell = (...args: string[]) => run('bash', [script, ...args], { maxBuffer: 2 ** 26 });
  const stop = async () => {
    await tell('stop');
  };
  return {
    name: basename(folder),
    install: () => tell('install'),
    async start(type) {
      await tell('start', type);
      return { url: peerUrl, figures: async () => ({ mib: mibOf((await tell('rss')).stdout) }), stop };
    },
  };
}

/** Lines of a name and a number of MiB. */
function mibOf(text: string): Record<string, number> {
  const lines = text.trim().split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}
