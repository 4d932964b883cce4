import type { PartName } from '../embedded/part.ts';
import { isFree } from '../embedded/ports.ts';
import { problem } from '../embedded/problem.ts';
import { type StackSettings, stackSettings } from '../embedded/stack-settings.ts';

/**
 * What `putlog start` itself reads from the environment; the services check the rest. Called once by start.ts, before
 * anything is started.
 */
export type Given = Readonly<Partial<Record<PartName, string>>>;

export type StartSettings = {
  readonly stack: StackSettings;
  /** Addresses of parts that run elsewhere. */
  readonly given: Given;
  readonly port: number;
};

export async function startSettings(env: Readonly<Record<string, string | undefined>>): Promise<StartSettings> {
  const stack = stackSettings(env);
  const port = await freeHttpPort(env.PUTLOG_PORT || '3000', env.PUTLOG_HOST);
  const named = { kafka: env.KAFKA_BROKERS, registry: env.SCHEMA_REGISTRY_URL, mongod: env.MONGODB_URI };
  const given: Partial<Record<PartName, string>> = {};
  for (const part of ['kafka', 'registry', 'mongod'] as const) {
    const address = named[part];
    if (address) given[part] = address;
  }
  return { stack, given, port };
}

async function freeHttpPort(text: string, host: string | undefined): Promise<number> {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw problem(`PUTLOG_PORT=${text} is not a port: give a number from 0 (any free one) to 65535.`);
  }
  if (port === 0 || (await isFree(port, host))) return port;
  throw problem(`Port ${port} is taken: set PUTLOG_PORT to another one, as in PUTLOG_PORT=${port + 1} npm start`);
}
