import { access, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { kafkaAnswers } from './kafka-answers.ts';
import { type KafkaSettings, kafkaProperties } from './kafka-properties.ts';
import type { BrokerName, Part } from './part.ts';
import { runTool } from './run-tool.ts';

/**
 * A Kafka node on its own data. Its cluster id is fixed at the first start, when the directory is formatted; the
 * settings file is written anew at each start. Made by install-part.ts.
 */
export type KafkaPartOptions = {
  /** Also that of its directory. */
  readonly name: BrokerName;
  /** Used where the directory is formatted; the same for all nodes of a cluster. */
  readonly clusterId: string;
  readonly java: string;
  /** JVM options on top of ours. */
  readonly jvm: readonly string[];
  /** Of fetch-kafka.ts. */
  readonly jars: readonly string[];
  readonly dataDir: string;
} & Omit<KafkaSettings, 'logDir'>;

export function kafkaPart(options: KafkaPartOptions): Part {
  const { name, clusterId, java, jvm, jars, dataDir, ...settings } = options;
  const { port, nodeId, controllerPorts } = settings;
  const directory = join(dataDir, name);
  const logDir = join(directory, 'log');
  const properties = join(directory, 'server.properties');
  const heap = controllerPorts.length > 1 ? '-Xmx256m' : '-Xmx512m';
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
    const format = ['format', '--ignore-formatted', '-t', clusterId, '-c', properties];
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
    name,
    address: `127.0.0.1:${port}`,
    prepare,
    command: {
      file: java,
      args: [heap, '-XX:TieredStopAtLevel=1', ...jvm, ...dated, quiet, ...classPath, 'kafka.Kafka', properties],
      cwd: directory,
    },
    answers: () => kafkaAnswers(port, nodeId),
  };
}

/** 16 random bytes in base64url, which is how Kafka writes a UUID; it allows no leading dash. */
export function newClusterId(): string {
  const id = Buffer.from(crypto.randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  return id.startsWith('-') ? newClusterId() : id;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
