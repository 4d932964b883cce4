import { join } from 'node:path';
import { nodeFlags } from './node-flags.ts';
import type { Say } from './start-log.ts';
import { type Role, type Service, type ServiceSpec, startService } from './start-service.ts';

/** The services of one `putlog start`: started together, stopped in order. Called by start.ts. */
export type Services = {
  readonly pids: (role: Role) => number[];
  readonly url: () => string | undefined;
  readonly ready: Promise<unknown>;
  /** api, then workers, then projector; each may take its time to drain. */
  readonly stop: () => Promise<void>;
  readonly kill: () => void;
};

export type ServicesOptions = {
  readonly specs: readonly ServiceSpec[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logDir: string;
  readonly say: Say;
  readonly colorize: boolean;
  readonly onChange: () => void;
};

const stopOrder: readonly Role[] = ['api', 'worker', 'projector'];

export function startServices({ specs, logDir, say, ...rest }: ServicesOptions): Services {
  const services = specs.map((spec) => startService({ spec, logFile: join(logDir, `${spec.name}.log`), say, ...rest }));
  const of = (role: Role) => services.filter(({ spec }) => spec.role === role);
  return {
    pids: (role) => of(role).flatMap((service) => service.pid() ?? []),
    url: () => of('api')[0]?.url(),
    ready: Promise.all(services.map((service) => service.ready)),
    stop: async () => {
      for (const role of stopOrder) await Promise.all(of(role).map((service) => stopLoudly(service, say)));
    },
    kill: () => {
      for (const service of services) service.kill();
    },
  };
}

async function stopLoudly(service: Service, say: Say): Promise<void> {
  const began = performance.now();
  await service.stop();
  say(`  ${service.spec.name} stopped in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** What `putlog start` runs: one api, one projector and as many workers as asked for. */
export function serviceSpecs(workers: number): ServiceSpec[] {
  const putlog = join(import.meta.dirname, 'putlog.js');
  const spec = (role: Role, name: string = role): ServiceSpec => ({
    name,
    role,
    command: process.execPath,
    args: [...nodeFlags, putlog, role],
  });
  const numbered = Array.from({ length: workers }, (_, index) =>
    spec('worker', workers === 1 ? 'worker' : `worker-${index + 1}`),
  );
  return [spec('api'), ...numbered, spec('projector')];
}
