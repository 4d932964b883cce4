import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part } from './part.ts';

/**
 * Apicurio Registry with the Confluent API, its schemas in a file database: the log's records carry schema ids,
 * so these must outlive a restart. Made by start-stack.ts.
 */
export type RegistryPartOptions = {
  readonly java: string;
  /** JVM options on top of ours. */
  readonly jvm: readonly string[];
  /** The runner jar inside the directory that fetch-registry.ts returned. */
  readonly jar: string;
  readonly dataDir: string;
  readonly port: number;
};

export function registryPart({ java, jvm, jar, dataDir, port }: RegistryPartOptions): Part {
  const directory = join(dataDir, 'registry');
  const address = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  return {
    name: 'registry',
    address,
    prepare: async () => void (await mkdir(directory, { recursive: true })),
    command: {
      file: java,
      args: ['-Xmx192m', '-XX:TieredStopAtLevel=1', ...jvm, '-jar', jar],
      env: {
        QUARKUS_HTTP_HOST: '127.0.0.1',
        QUARKUS_HTTP_PORT: String(port),
        APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(directory, 'registry')}`,
      },
      cwd: directory,
    },
    answers: async () => {
      const response = await fetch(`${address}/subjects`, { signal: AbortSignal.timeout(5_000) });
      await response.body?.cancel();
      return response.status === 200;
    },
  };
}
