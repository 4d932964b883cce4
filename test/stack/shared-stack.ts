import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partNames } from '../../embedded/part.ts';
import { isProblem } from '../../embedded/problem.ts';
import { showProgress } from '../../embedded/show-progress.ts';
import { stackSettings } from '../../embedded/stack-settings.ts';
import { startStack } from '../../embedded/start-stack.ts';
import type { StackAddresses } from './addresses.ts';

/**
 * The one stack of a test run: what KAFKA_BROKERS, SCHEMA_REGISTRY_URL and MONGODB_URI name, and an embedded one for
 * the rest. Each vitest project runs its global setup in this process, so the first one starts it and the last one
 * stops it. Called by global-setup.ts.
 */
export type SharedStack = { readonly addresses: StackAddresses; readonly stop: () => Promise<void> };

type Shared = { users: number; readonly stack: Promise<SharedStack> };

// On globalThis, because vitest gives each project a module graph of its own.
const slot: typeof globalThis & { putlogTestStack?: Shared } = globalThis;

export async function useSharedStack(): Promise<SharedStack> {
  slot.putlogTestStack ??= { users: 0, stack: start() };
  const shared = slot.putlogTestStack;
  shared.users += 1;
  const { addresses, stop } = await shared.stack;
  return {
    addresses,
    stop: async () => {
      shared.users -= 1;
      if (shared.users > 0) return;
      delete slot.putlogTestStack;
      await stop();
    },
  };
}

async function start(): Promise<SharedStack> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URI } = process.env;
  const given = { kafka: KAFKA_BROKERS, registry: SCHEMA_REGISTRY_URL, mongod: MONGODB_URI };
  const parts = partNames.filter((part) => !given[part]);
  const dataDir = await mkdtemp(join(tmpdir(), 'putlog-test-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  const { cacheDir, mongod } = stackSettings(process.env);
  const onProgress = showProgress(process.stderr);
  try {
    const stack = await startStack({ dataDir, cacheDir, mongod, parts, onProgress });
    return {
      addresses: {
        brokers: given.kafka || (stack.kafka?.brokers ?? ''),
        registryUrl: given.registry || (stack.registry?.url ?? ''),
        mongoUri: given.mongod || (stack.mongod?.uri ?? ''),
      },
      stop: async () => {
        await stack.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    // The message says it all; a stack trace would bury it.
    if (isProblem(error)) error.stack = error.message;
    throw error;
  }
}
