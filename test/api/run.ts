// `npm run test:api`: schemathesis, which makes requests of the description at /openapi.json, right ones and wrong ones, against the
// real system on ports and data of its own. It fails on any answer that is not described, on any 5xx, on right requests that are refused
// and wrong ones that are not. The seed is printed; `-- --seed 7` runs one again, as `-- <options>` does with any of schemathesis.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeFlags } from '../../cli/node-flags.ts';
import type { Run } from '../../cli/start-run-file.ts';
import { cached } from '../../embedded/cache.ts';
import { runTool } from '../../embedded/run-tool.ts';
import { stackSettings } from '../../embedded/stack-settings.ts';
import { until } from '../stack/deadline.ts';

const version = '4.32.5';
const root = join(import.meta.dirname, '../..');

/** Where Python finds schemathesis; fetched once. */
async function fetchSchemathesis(): Promise<string> {
  const { directory } = await cached({
    cacheDir: stackSettings(process.env).cacheDir,
    name: `schemathesis-${version}`,
    fill: async (target) => {
      await runTool('python3', ['-m', 'pip', 'install', '-q', '--target', target, `schemathesis==${version}`]);
    },
  });
  return directory;
}

const inherited = Object.entries(process.env).filter(
  ([name]) => !/^(PUTLOG_(?!CACHE_DIR|MONGOD$)|KAFKA_|SCHEMA_REGISTRY_URL$|MONGODB_URI$)/.test(name),
);

async function startSystem(dataDir: string) {
  const env = { ...Object.fromEntries(inherited), PUTLOG_DATA_DIR: dataDir, PUTLOG_PORT: '0' };
  const child = spawn(process.execPath, [...nodeFlags, join(root, 'cli/putlog.js'), 'start'], {
    ...{ cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => said.push(String(chunk)));
  const output = () => said.join('');
  await until(
    'the system to be ready',
    async () => {
      if (child.exitCode !== null) throw new Error(`the system ended:\n${output()}`);
      return /ready in \d/.test(output()) || undefined;
    },
    300_000,
  );
  const run: Run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8'));
  return { child, output, run };
}

async function stop(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}

/** Of a key that may do everything; from then on nobody is let in without one. */
async function makeKey(dataDir: string): Promise<string> {
  const add = ['keys', 'add', '--name', 'schemathesis', '--scope', 'submit,read,operate'];
  const env = { ...Object.fromEntries(inherited), PUTLOG_DATA_DIR: dataDir };
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'cli/putlog.js'), ...add], { env });
  return stdout.trim();
}

/** @param cwd where it keeps what it remembers of the run */
async function schemathesis(directory: string, url: string, key: string, cwd: string): Promise<number> {
  const usual = ['--phases', 'examples,coverage,fuzzing,stateful', '--max-examples', '20', '--continue-on-failure'];
  const child = spawn(
    'python3',
    [
      ...[join(directory, 'bin/schemathesis'), '--config-file', join(import.meta.dirname, 'schemathesis.toml')],
      ...[
        'run',
        `${url}/openapi.json`,
        '--header',
        `Authorization: Bearer ${key}`,
        ...usual,
        '--request-timeout',
        '60',
        ...process.argv.slice(2),
      ],
    ],
    {
      cwd,
      stdio: 'inherit',
      env: { ...process.env, PYTHONPATH: [directory, import.meta.dirname].join(':'), SCHEMATHESIS_HOOKS: 'ndjson' },
    },
  );
  const [code] = await once(child, 'exit');
  return Number(code ?? 1);
}

const program = await fetchSchemathesis();
const dataDir = await mkdtemp(join(tmpdir(), 'putlog-api-'));
try {
  const { child, output, run } = await startSystem(dataDir);
  try {
    process.exitCode = await schemathesis(program, run.http, await makeKey(dataDir), dataDir);
    const after: Run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8'));
    if (String(after.processes.api) !== String(run.processes.api)) throw new Error(`the api has ended:\n${output()}`);
  } catch (error) {
    process.exitCode = 1;
    console.error(error);
  } finally {
    await stop(child);
  }
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
