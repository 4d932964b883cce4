// One service under test, as a scenario handles it: killed, stopped for a while, started again under the same address.

// `fault-system.ts` makes them and sees to it that none is left.
import { readFileSync } from 'node:fs';
import type { Role } from '../../cli/start-service.ts';
import { type ServiceProcess, startProcess } from '../e2e/service-process.ts';
import { soon } from '../stack/deadline.ts';

export type ProcessHandle = {
  readonly name: string;
  readonly role: Role;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** Where it tells its metrics. */
  readonly metricsUrl: string;
  /** Kafka's brokers know it by this name. */
  readonly clientId: string;
  readonly alive: boolean;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  stop(): void;
  cont(): void;
  /** SIGTERM; resolves to its exit code, -1 where it had to be killed (after `patience` milliseconds). */
  terminate(patience?: number): Promise<number>;
  /** Starts it again after it is gone; resolves when it is ready. */
  restart(): Promise<void>;
  /** Resolves to its exit code when it is gone, null for a signal. */
  gone(): Promise<number | null>;
  /** All that it has written, in every life. */
  logs(): string;
};

export type Launch = { name: string; role: Role; env: NodeJS.ProcessEnv; logFile: string; metricsUrl: string };

/** Milliseconds. Takeovers wait a session and a half at most. */
const readyMs = 120_000;

/** Resolves when it is ready. @throws Error with its last lines when it ends before */
export async function launch({ name, role, env, logFile, metricsUrl }: Launch): Promise<ProcessHandle> {
  let current: ServiceProcess = startProcess(role, env, logFile);
  const ready = () => soon(`${name} is ready`, current.ready, readyMs);
  await ready();
  const signal = (what: NodeJS.Signals) => {
    if (!current.hasEnded()) process.kill(current.pid, what);
  };
  return {
    ...{ name, role, metricsUrl },
    get pid() {
      return current.pid;
    },
    get clientId() {
      return `putlog-${role}-${current.pid}`;
    },
    get alive() {
      return !current.hasEnded();
    },
    async kill() {
      if (!current.hasEnded()) await current.end('SIGKILL');
    },
    stop: () => signal('SIGSTOP'),
    cont: () => signal('SIGCONT'),
    async terminate(patience = 30_000) {
      if (current.hasEnded()) throw new Error(`${name} has ended already`);
      const late = setTimeout(() => signal('SIGKILL'), patience);
      const { code } = await current.end('SIGTERM');
      clearTimeout(late);
      return code ?? -1;
    },
    async restart() {
      await current.ended;
      current = startProcess(role, env, logFile);
      await ready();
    },
    gone: async () => (await current.ended).code,
    logs: () => readFileSync(logFile, 'utf8'),
  };
}
