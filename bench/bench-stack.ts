// What every measurement but the whole pipeline's runs on: an embedded stack in a temporary directory, its prepared log, and services as processes
// of their own, each started and ended when the measurement says so.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { nodeFlags } from '../cli/node-flags.ts';
import { isReady, type Role } from '../cli/start-service.ts';
import { stackSettings } from '../embedded/stack-settings.ts';
import { startStack } from '../embedded/start-stack.ts';
import { createCluster, type KafkaCluster } from '../platform/cluster.ts';
import { readConfig } from '../platform/config.ts';
import { createKafka } from '../platform/kafka.ts';
import { loadConfiguredJobs } from '../platform/load-jobs.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import { prepareLog } from '../platform/prepare-log.ts';
import { topicNames } from '../schemas/topics.ts';
import { cpuMsOf, rssOf } from './process-figures.ts';

export type BenchService = {
  pid: number;
  /** Where it answers HTTP; '' where it does not. */
  url: string;
  /** Bytes of memory that it holds; 0 when it has ended. */
  rss: () => Promise<number>;
  /** Milliseconds of processor time that it has taken, its collector's threads included. */
  cpuMs: () => Promise<number>;
  /** Resolves once it is gone. */
  end: (signal: NodeJS.Signals) => Promise<void>;
};

export type BenchStack = Awaited<ReturnType<typeof startBenchStack>>;

const program = join(import.meta.dirname, '../cli/putlog.js');
/** For the services, a profiler's for instance. */
const extraFlags = process.env.BENCH_NODE_FLAGS?.split(' ') ?? [];

export async function startBenchStack(settings: Readonly<Record<string, string>> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'putlog-bench-'));
  const { cacheDir, mongod } = stackSettings(process.env);
  const stack = await startStack({ dataDir, cacheDir, mongod });
  const mongoUri = new URL(stack.mongod?.uri ?? '');
  mongoUri.pathname = '/bench';
  const env = {
    KAFKA_BROKERS: stack.kafka?.brokers ?? '',
    SCHEMA_REGISTRY_URL: stack.registry?.url ?? '',
    MONGODB_URI: mongoUri.href,
    PUTLOG_PREFIX: 'bench',
    PUTLOG_PORT: '0',
    PUTLOG_LOG_LEVEL: 'warn',
    ...settings,
  };
  const config = readConfig(env);
  const log = pino({ level: 'warn' }, pino.destination(2));
  const connection = { brokers: config.kafkaBrokers, clientId: 'putlog-bench', log };
  const jobs = await loadConfiguredJobs('');
  const prepared = await prepareLog({ config, kafka: createKafka(connection), jobs, log });
  const cluster: KafkaCluster = createCluster(connection);
  await cluster.watch([...prepared.commandTopics, prepared.eventsTopic]);
  const running = new Set<BenchService>();

  /** Resolves once it serves. */
  async function startService(role: Role): Promise<BenchService> {
    const child = spawn(process.execPath, [...nodeFlags, ...extraFlags, program, role], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const service: BenchService = {
      pid: child.pid ?? 0,
      url: '',
      rss: () => rssOf(child.pid ?? 0),
      cpuMs: () => cpuMsOf(child.pid ?? 0),
      async end(signal) {
        child.kill(signal);
        await gone;
        running.delete(service);
      },
    };
    running.add(service);
    const ready = new Promise<string>((resolve) =>
      child.on('message', (message) => isReady(message) && resolve(message.url ?? '')),
    );
    const early = gone.then(() => Promise.reject(new Error(`${role} ended before it was ready`)));
    service.url = await Promise.race([ready, early]);
    early.catch(() => undefined);
    return service;
  }

  const endless = Number.POSITIVE_INFINITY;

  return {
    pids: { kafka: stack.kafka?.pid ?? 0, mongod: stack.mongod?.pid ?? 0 },
    ...{ config, env, log, prepared, cluster, connection, startService, dataDir },
    /** Where a call goes for which nobody has told how urgent it is. */
    topic: topicNames(config.prefix).commands('default'),
    /** Without an identity and without limits; a broker that has just started may let it wait. */
    openWriter: () =>
      persist(() => openLogWriter({ cluster, log, maxRecords: endless, maxBytes: endless }), {
        log,
        what: 'get a producer id',
      }),
    /** Records in all partitions of a topic. */
    async size(topic: string): Promise<number> {
      const ends = (await cluster.offsets([topic], 'latest')).get(topic) ?? [];
      return ends.reduce((sum, end) => sum + end, 0);
    },
    async stop(): Promise<void> {
      await Promise.all([...running].map((service) => service.end('SIGKILL')));
      await cluster.close();
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A whole number above 0. @throws Error that names the option */
export function countOf(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${option} takes a whole number above 0`);
  return count;
}
