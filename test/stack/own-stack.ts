import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackSettings } from '../../embedded/stack-settings.ts';
import { type Stack, type StackOptions, startStack } from '../../embedded/start-stack.ts';
import type { StackAddresses } from './addresses.ts';

/**
 * A stack for one test file, to stop and kill as it likes: own data in a temporary directory, own ports. `remove`
 * stops it and deletes its data.
 */
export type OwnStack = {
  readonly stack: Stack;
  readonly addresses: StackAddresses;
  readonly remove: () => Promise<void>;
};

/** A data directory that is given is left alone when the start fails. */
export type OwnStackOptions = Partial<StackOptions>;

export async function startOwnStack(options: OwnStackOptions = {}): Promise<OwnStack> {
  const { dataDir: given, ...rest } = options;
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'putlog-test-')));
  const { cacheDir, mongod } = stackSettings(process.env);
  const stack = await startStack({ cacheDir, mongod, ...rest, dataDir }).catch(async (error: unknown) => {
    if (given === undefined) await rm(dataDir, { recursive: true, force: true });
    throw error;
  });
  const addresses = {
    brokers: stack.kafka?.brokers ?? '',
    registryUrl: stack.registry?.url ?? '',
    mongoUri: stack.mongod?.uri ?? '',
  };
  const remove = async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { stack, addresses, remove };
}
