import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cached, cached } from './cache.ts';
import { maven } from './maven.ts';
import { kafkaVersion } from './versions.ts';

/** Fetches Kafka's jars from Maven's repository, once. Called by install-part.ts. */
export type Fetch = {
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
  readonly onMb: (mb: number) => void;
};

export const kafkaCacheName = `kafka-${kafkaVersion}`;

export const fetchKafka = ({ cacheDir, signal, onMb }: Fetch): Promise<Cached> =>
  cached({
    cacheDir,
    name: kafkaCacheName,
    signal,
    fill: async (directory) => {
      await writeFile(join(directory, 'pom.xml'), pom);
      const settings = { outputDirectory: join(directory, 'lib'), includeScope: 'runtime' };
      await maven({ directory, goal: 'copy-dependencies', settings, signal, onMb });
    },
  });

/** In a fixed order, because a class archive is bound to the class path. */
export async function kafkaJars(directory: string): Promise<string[]> {
  const files = await readdir(join(directory, 'lib'));
  return files.sort().map((file) => join(directory, 'lib', file));
}

const dependency = (group: string, artifact: string, version: string) =>
  `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>putlog</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', kafkaVersion)}
${dependency('org.apache.kafka', 'kafka-tools', kafkaVersion)}
${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>
`;
