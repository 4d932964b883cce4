import { access, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { kafkaAnswers } from './kafka-answers.ts';
import { type KafkaExtras, kafkaProperties } from './kafka-properties.ts';
import type { Part } from './part.ts';
import { runTool } from './run-tool.ts';

/**
 * A single Kafka node on its own data. Its cluster id is fixed at the first start, when the directory is
 * formatted; the settings file is written anew at each start. Made by start-stack.ts.
 */
export type KafkaPartOptions = {
  readonly java: string;
  /** JVM options on top of ours. */
  readonly jvm: readonly string[];
  /** Of fetch-kafka.ts. */
  readonly jars: readonly string[];
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
} & KafkaExtras;

export function kafkaPart(options: KafkaPartOptions): Part {
  const { java, jvm, jars, dataDir, ...settings } = options;
  const { port } = settings;
  const logDir = join(dataDir, 'kafka', 'log');
  const properties = join(dataDir, 'kafka', 'server.properties');
  const classPath = ['-cp', jars.join(delimiter)];
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const dated = [
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  ];

  const prepare = async () => {
    await mkdir(logDir, { recursive: true });
    await writeFile(properties, kafkaProperties({ ...settings, logDir }));
    if (await exists(join(logDir, 'meta.properties'))) return;
    const format = ['format', '--ignore-formatted', '-t', clusterId(), '-c', properties];
    await runTool(java, [
      '-Xshare:auto',
      '-XX:TieredStopAtLevel=1',
      quiet,
      ...classPath,
      'kafka.tools.StorageTool',
      ...format,
    ]);
  };

  return {
    name: 'kafka',
    address: `127.0.0.1:${port}`,
    prepare,
    command: {
      file: java,
      args: ['-Xmx512m', '-XX:TieredStopAtLevel=1', ...jvm, ...dated, quiet, ...classPath, 'kafka.Kafka', properties],
      cwd: join(dataDir, 'kafka'),
    },
    answers: () => kafkaAnswers(port),
  };
}

/** 16 random bytes in base64url, which is how Kafka writes a UUID; it allows no leading dash. */
function clusterId(): string {
  const id = Buffer.from(crypto.randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
