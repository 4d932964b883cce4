// Configuration for commands that speak to Kafka themselves: what the environment says, or, where it says nothing, the stack that runs in the
// folder here. The registry and MongoDB need not be given: who needs them asks `has`.
import { type Config, readConfig } from '../platform/config.ts';
import { createLogger } from '../platform/log.ts';
import { runningHere } from './running-here.ts';
import type { Terminal } from './terminal.ts';

const nobody = { SCHEMA_REGISTRY_URL: 'http://nobody.invalid', MONGODB_URI: 'mongodb://nobody.invalid/' };

export type Given = { config: Config; hasMongodb: boolean };

/** @throws ConfigError */
export async function kafkaConfig({ env }: Pick<Terminal, 'env'>): Promise<Given> {
  const here = await runningHere(env);
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const all = { ...nobody, ...here, ...given };
  return { config: readConfig(all), hasMongodb: all.MONGODB_URI !== nobody.MONGODB_URI };
}

/** Errors alone, on the error output: what a command finds it says itself. */
export const quietLog = (name: string) => createLogger(name, 'fatal', 2);
