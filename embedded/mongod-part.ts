import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { becomePrimary } from './become-primary.ts';
import type { Part } from './part.ts';

/** A mongod that is a replica set of one (rs0), which is what majority writes need. Made by start-stack.ts. */
export type MongodPartOptions = {
  readonly mongod: string;
  readonly dataDir: string;
  readonly port: number;
  readonly args: readonly string[];
};

export function mongodPart({ mongod, dataDir, port, args }: MongodPartOptions): Part {
  const directory = join(dataDir, 'mongod');
  return {
    name: 'mongod',
    address: `mongodb://127.0.0.1:${port}/putlog?replicaSet=rs0`,
    prepare: async () => void (await mkdir(directory, { recursive: true })),
    command: {
      file: mongod,
      args: [
        ...['--dbpath', directory, '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
        ...['--replSet', 'rs0', '--quiet', '--wiredTigerCacheSizeGB', '0.5'],
        ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
        ...args,
      ],
      cwd: directory,
    },
    answers: () => becomePrimary(port),
  };
}
