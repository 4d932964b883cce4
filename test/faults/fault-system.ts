// A whole Putlog for one scenario: processes of its own behind the proxies of the run, with topics, groups, a database and
// a folder that nobody else has. Made by run-scenario.ts; scenarios use it through their context.
import { join } from 'node:path';
import type { Role } from '../../cli/start-service.ts';
import { choosePorts } from '../../embedded/ports.ts';
import type { FaultStack } from './fault-stack.ts';
import { heapsVariable, tellsHeap } from './heap-readings.ts';
import { launch, type ProcessHandle } from './process-handle.ts';

export type FaultSystem = {
  readonly prefix: string;
  readonly folder: string;
  readonly executionsFile: string;
  /** Base URL of the first api. */
  readonly http: string;
  readonly stack: FaultStack;
  readonly proxy: FaultStack['proxy'];
  readonly api: ProcessHandle[];
  readonly workers: ProcessHandle[];
  readonly projector: ProcessHandle;
  /** One worker more. */
  startWorker(): Promise<ProcessHandle>;
};

/** Environment variables of all processes, on top of those that the suite sets; how many workers there are at the start. */
export type SystemSettings = { workers?: number; env?: Readonly<Record<string, string>> };

/** The shortest session that Kafka's broker takes, so that takeovers come soon. */
export const sessionTimeoutMs = 6_000;
export const partitions = 4;

const jobs = join(import.meta.dirname, 'jobs');

export async function startFaultSystem(
  stack: FaultStack,
  { prefix, folder, settings }: { prefix: string; folder: string; settings: SystemSettings },
) {
  const any = { wanted: undefined, previous: undefined, setting: 'fault suite' };
  const { api: port } = await choosePorts({ api: any });
  const executionsFile = join(folder, 'executions.jsonl');
  const all: ProcessHandle[] = [];
  const kept = Object.entries(process.env).filter(([name]) => !/^(PUTLOG_|FAULTS_|NODE_ENV$|VITEST)/.test(name));
  const env = {
    ...Object.fromEntries(kept),
    KAFKA_BROKERS: stack.proxied.kafka,
    SCHEMA_REGISTRY_URL: stack.proxied.registryUrl,
    MONGODB_URI: stack.proxied.mongoUri(prefix),
    PUTLOG_PREFIX: prefix,
    PUTLOG_PORT: String(port),
    PUTLOG_JOBS: jobs,
    PUTLOG_PARTITIONS: String(partitions),
    PUTLOG_SESSION_TIMEOUT_MS: String(sessionTimeoutMs),
    FAULTS_EXECUTIONS: executionsFile,
    [heapsVariable]: folder,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${tellsHeap}`.trim(),
    ...(stack.brokers.length > 1 && { PUTLOG_REPLICATION: '3', PUTLOG_REQUIRE_MIN_ISR: '2' }),
    ...settings.env,
  };
  let workerCount = 0;

  async function start(role: Role): Promise<ProcessHandle> {
    const name = role === 'worker' ? `worker-${++workerCount}` : role;
    const { health } = await choosePorts({ health: any });
    const metricsUrl = `http://127.0.0.1:${role === 'api' ? port : health}/metrics`;
    const ofItsOwn = { ...env, PUTLOG_HEALTH_PORT: String(health) };
    const handle = await launch({ name, role, metricsUrl, env: ofItsOwn, logFile: join(folder, `${name}.log`) });
    all.push(handle);
    return handle;
  }

  const killAll = async () => {
    for (const handle of all) handle.cont();
    await Promise.all(all.map((handle) => handle.kill()));
  };
  const starts = await Promise.allSettled([
    start('api'),
    start('projector'),
    ...Array.from({ length: settings.workers ?? 1 }, () => start('worker')),
  ]);
  const [api, projector, ...workers] = starts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = starts.find((one) => one.status === 'rejected');
  if (failed !== undefined || api === undefined || projector === undefined) {
    await killAll();
    throw new Error(`the system did not start; logs are in ${folder}`, { cause: failed?.reason });
  }

  const system: FaultSystem = {
    ...{ prefix, folder, executionsFile, stack, workers, projector },
    http: `http://127.0.0.1:${port}`,
    proxy: stack.proxy,
    api: [api],
    async startWorker() {
      const worker = await start('worker');
      workers.push(worker);
      return worker;
    },
  };
  return { system, processes: () => all, killAll };
}
