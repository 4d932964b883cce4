import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PartName } from './part.ts';
import { problem } from './problem.ts';

/** Where the stack lives and on which ports, from the environment. Called once by `putlog start` and by the tests. */
export type StackSettings = {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly ports: Readonly<Partial<Record<PartName, number>>>;
  readonly mongod: string | undefined;
};

export function stackSettings(env: Readonly<Record<string, string | undefined>>): StackSettings {
  const ports: Partial<Record<PartName, number>> = {};
  const wrong: string[] = [];
  const names = {
    kafka: 'PUTLOG_KAFKA_PORT',
    registry: 'PUTLOG_REGISTRY_PORT',
    mongod: 'PUTLOG_MONGODB_PORT',
  } as const;
  for (const part of ['kafka', 'registry', 'mongod'] as const) {
    const text = env[names[part]];
    if (text === undefined || text === '') continue;
    const port = Number(text);
    if (Number.isInteger(port) && port > 0 && port < 65_536) ports[part] = port;
    else wrong.push(`${names[part]}=${text} is not a port: give a number from 1 to 65535.`);
  }
  if (wrong.length > 0) throw problem(wrong.join('\n'));
  return {
    dataDir: resolve(env.PUTLOG_DATA_DIR || '.putlog'),
    cacheDir: resolve(env.PUTLOG_CACHE_DIR || join(homedir(), '.cache', 'putlog')),
    ports,
    mongod: env.PUTLOG_MONGOD || undefined,
  };
}
