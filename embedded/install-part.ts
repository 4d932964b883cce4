import { join } from 'node:path';
import { classArchive } from './class-archive.ts';
import { type Fetch, fetchKafka, kafkaCacheName, kafkaJars } from './fetch-kafka.ts';
import { fetchMongod } from './fetch-mongod.ts';
import { fetchRegistry, registryCacheName, registryJar } from './fetch-registry.ts';
import type { Java } from './java.ts';
import { kafkaPart, newClusterId } from './kafka-part.ts';
import type { KafkaExtras } from './kafka-properties.ts';
import { mongodPart } from './mongod-part.ts';
import { type BrokerName, brokerNames, brokersOf, type Part, type PartName } from './part.ts';
import { choosePorts } from './ports.ts';
import { type OnProgress, stopwatch } from './progress.ts';
import { registryPart } from './registry-part.ts';
import type { Requirements } from './requirements.ts';
import { controllerOf, portOf, type StackPorts } from './stack-ports.ts';
import { tryOutRegistry } from './try-out-registry.ts';
import { kafkaVersion, registryVersion } from './versions.ts';

/**
 * From a part's name to something that can be started: fetches it if the cache has it not, and tells how that goes.
 * Called by start-stack.ts for all parts side by side.
 */
export type Installation = {
  readonly name: PartName;
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly ports: StackPorts;
  /** All parts of the stack: those of them that are brokers make one cluster. */
  readonly parts: readonly PartName[];
  /** For brokers that have no data yet. */
  readonly clusterId: string;
  readonly requirements: Requirements;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  readonly kafkaExtras?: KafkaExtras | undefined;
  readonly mongodArgs?: readonly string[] | undefined;
};

export async function installPart(installation: Installation): Promise<Part> {
  const { name, requirements } = installation;
  switch (name) {
    case 'kafka':
    case 'kafka-2':
    case 'kafka-3':
      return installKafka(installation, name, onlyIfJava(requirements.java));
    case 'registry':
      return installRegistry(installation, onlyIfJava(requirements.java));
    case 'mongod':
      return installMongod(installation);
    default:
      return name satisfies never;
  }
}

async function installKafka(installation: Installation, name: BrokerName, java: Java): Promise<Part> {
  const { cacheDir, signal, dataDir, ports, parts, clusterId, kafkaExtras } = installation;
  const note = noteFor(installation);
  const { directory } = await telling(installation, `Kafka ${kafkaVersion}`, fetchKafka);
  const jars = await kafkaJars(directory);
  const trial = async (jvm: readonly string[], trialDir: string) => {
    const { broker, controller } = await choosePorts({ broker: anyPort, controller: anyPort });
    return kafkaPart({
      ...{ name: 'kafka', nodeId: 1, clusterId: newClusterId(), java: java.file, jvm, jars, dataDir: trialDir },
      ...{ port: broker, controllerPorts: [controller] },
    });
  };
  const { jvm } = await telling(installation, `Kafka ${kafkaVersion}, class archive`, () =>
    classArchive({
      cacheDir,
      signal,
      note,
      java,
      program: kafkaCacheName,
      part: trial,
      exercise: async () => undefined,
    }),
  );
  return kafkaPart({
    ...{ name, nodeId: brokerNames.indexOf(name) + 1, clusterId, java: java.file, jvm, jars, dataDir, ...kafkaExtras },
    port: portOf(ports, name),
    controllerPorts: brokersOf(parts).map((broker) => portOf(ports, controllerOf(broker))),
  });
}

async function installRegistry(installation: Installation, java: Java): Promise<Part> {
  const { cacheDir, signal, dataDir, ports } = installation;
  const note = noteFor(installation);
  const { directory } = await telling(installation, `Apicurio Registry ${registryVersion}`, fetchRegistry);
  const jar = registryJar(directory);
  const trial = async (jvm: readonly string[], trialDir: string) => {
    const { port } = await choosePorts({ port: anyPort });
    return registryPart({ java: java.file, jvm, jar, dataDir: trialDir, port });
  };
  const { jvm } = await telling(installation, `Apicurio Registry ${registryVersion}, class archive`, () =>
    classArchive({ cacheDir, signal, note, java, program: registryCacheName, part: trial, exercise: tryOutRegistry }),
  );
  return registryPart({ java: java.file, jvm, jar, dataDir, port: portOf(ports, 'registry') });
}

async function installMongod(installation: Installation): Promise<Part> {
  const { dataDir, ports, requirements, mongodArgs: args = [] } = installation;
  const { mongod, python } = requirements;
  const port = portOf(ports, 'mongod');
  if (mongod !== undefined) return mongodPart({ mongod: mongod.file, dataDir, port, args });
  const { directory } = await telling(installation, 'mongod', (fetch) => fetchMongod({ ...fetch, python }));
  return mongodPart({ mongod: join(directory, 'mongod'), dataDir, port, args });
}

const noteFor =
  ({ onProgress }: Installation) =>
  (text: string) =>
    onProgress({ kind: 'note', text });

const anyPort = { wanted: undefined, previous: undefined, setting: 'trial' };

function onlyIfJava(java: Java | undefined): Java {
  if (java === undefined) throw new Error('requirements.ts lets nothing through that runs on Java without it');
  return java;
}

/** Tells how a step goes that may take long; nothing of one that finds its result in the cache. */
async function telling<Result extends { readonly filledMb?: number }>(
  { name, cacheDir, onProgress, signal }: Installation,
  what: string,
  step: (fetch: Fetch) => Promise<Result>,
): Promise<Result> {
  const seconds = stopwatch();
  let mb = 0;
  const tell = () => onProgress({ kind: 'fetching', part: name, what, mb: Math.round(mb), seconds: seconds() });
  // What is in the cache is found within this time.
  const ticker = setInterval(tell, 500);
  const onMb = (now: number) => {
    mb = now;
  };
  try {
    const result = await step({ cacheDir, signal, onMb });
    if (result.filledMb !== undefined)
      onProgress({ kind: 'fetched', part: name, what, mb: result.filledMb, seconds: seconds() });
    return result;
  } finally {
    clearInterval(ticker);
  }
}
