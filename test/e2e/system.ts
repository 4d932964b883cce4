// A whole Putlog for one test file: processes of its own on the stack of the run, with topics, groups and a database that
// nobody else has. When a test fails the ends of its logs are shown; when the file is done no process is left.
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, inject } from 'vitest';
import type { Role } from '../../cli/start-service.ts';
import { topicNames } from '../../schemas/topics.ts';
import type { StackAddresses } from '../stack/addresses.ts';
import { randomName } from '../stack/log.ts';
import { type Api, createApi } from './api.ts';
import { lastLines, type ServiceProcess, startProcess } from './service-process.ts';

export type Settings = Readonly<Record<string, string>>;

type SystemOptions = {
  /** Where its stack is, asked for at each start of a process; the stack of the run unless told. */
  addresses?: () => StackAddresses;
  /** Environment variables of all its processes. */
  settings?: Settings;
};

const jobs = join(import.meta.dirname, '../jobs');

/** Job types for a PUTLOG_JOBS of the end-to-end tests alone. */
export const endToEndJobs = join(import.meta.dirname, 'jobs');

/** To be called once at the top of a test file, because it registers hooks. */
export function useSystem({ addresses = () => inject('stack'), settings = {} }: SystemOptions = {}) {
  const prefix = randomName('e2e');
  const folder = mkdtempSync(join(tmpdir(), 'putlog-e2e-'));
  const processes: ServiceProcess[] = [];
  const apis: Api[] = [];

  function environment(): NodeJS.ProcessEnv {
    const { brokers, registryUrl, mongoUri } = addresses();
    const database = new URL(mongoUri);
    database.pathname = `/${prefix}`;
    return {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PUTLOG_|NODE_ENV$|VITEST)/.test(name))),
      KAFKA_BROKERS: brokers,
      SCHEMA_REGISTRY_URL: registryUrl,
      MONGODB_URI: database.href,
      PUTLOG_PREFIX: prefix,
      PUTLOG_PORT: '0',
      PUTLOG_JOBS: jobs,
      ...settings,
    };
  }

  function launch(role: Role, more: Settings = {}): ServiceProcess {
    const logFile = join(folder, `${processes.length}-${role}.log`);
    const started = startProcess(role, { ...environment(), ...more }, logFile);
    processes.push(started);
    return started;
  }

  async function start(role: Role, more?: Settings): Promise<ServiceProcess> {
    const started = launch(role, more);
    await started.ready;
    return started;
  }

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const [i, { role, pid, output }] of processes.entries())
      console.error(`--- ${i}-${role} (${pid}) of "${task.name}"\n${lastLines(await output(), 30)}`);
  });
  afterAll(async () => {
    await Promise.all(apis.map((api) => api.close()));
    await Promise.all(processes.filter(({ hasEnded }) => !hasEnded()).map(({ end }) => end('SIGKILL')));
    await rm(folder, { recursive: true, force: true });
  });

  return {
    prefix,
    /** Of its own, for counters and the like; deleted with it. */
    folder,
    topics: topicNames(prefix),
    /** Of all its processes. */
    environment,
    /** Where its Kafka is. */
    get brokers() {
      return addresses().brokers;
    },
    /** Without waiting for it. */
    launch,
    /** Resolves once it serves. */
    start,
    /** Starts an API and a client of it. */
    async startApi(more?: Settings): Promise<Api & { process: ServiceProcess }> {
      const started = await start('api', more);
      const api = createApi(await started.ready);
      apis.push(api);
      return { ...api, process: started };
    },
    /** The processes that have not ended. */
    alive: () => processes.filter(({ hasEnded }) => !hasEnded()),
  };
}
