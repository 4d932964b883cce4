// A Kafka or a MongoDB for one test file alone, to stop and kill as it likes; the rest of the stack is the run's. When the
// file is done it is stopped and its data is deleted.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { stackSettings } from '../../embedded/stack-settings.ts';
import { type Stack, startStack } from '../../embedded/start-stack.ts';
import type { StackAddresses } from '../stack/addresses.ts';

export type OwnPart = {
  start: () => Promise<void>;
  stop: (signal: NodeJS.Signals) => Promise<void>;
  /** Of the whole stack, this part in it; stays the same over restarts. */
  addresses: () => StackAddresses;
};

/** To be called once at the top of a test file, because it registers hooks; `start` first in `beforeAll`. */
export function useOwnPart(name: 'kafka' | 'mongod'): OwnPart {
  const { cacheDir, mongod } = stackSettings(process.env);
  let stack: Stack | undefined;
  let dataDir: string | undefined;

  afterAll(async () => {
    await stack?.stop();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  });

  return {
    async start() {
      if (stack !== undefined) return stack.startPart(name);
      dataDir = await mkdtemp(join(tmpdir(), 'putlog-e2e-'));
      stack = await startStack({ dataDir, cacheDir, mongod, parts: [name] });
    },
    async stop(signal) {
      await stack?.stopPart(name, signal);
    },
    addresses() {
      const { brokers, registryUrl, mongoUri } = inject('stack');
      return {
        brokers: stack?.kafka?.brokers ?? brokers,
        registryUrl,
        mongoUri: stack?.mongod?.uri ?? mongoUri,
      };
    },
  };
}
