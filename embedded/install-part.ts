import { join } from 'node:path';
import { classArchive } from './class-archive.ts';
import { type Fetch, fetchKafka, kafkaCacheName, kafkaJars } from './fetch-kafka.ts';
import { fetchMongod } from './fetch-mongod.ts';
import { fetchRegistry, registryCacheName, registryJar } from './fetch-registry.ts';
import type { Java } from './java.ts';
import { kafkaPart } from './kafka-part.ts';
import type { KafkaExtras } from './kafka-properties.ts';
import { mongodPart } from './mongod-part.ts';
import type { Part, PartName } from './part.ts';
import { choosePorts } from './ports.ts';
import { type OnProgress, stopwatch } from './progress.ts';
import { registryPart } from './registry-part.ts';
import type { Requirements } from './requirements.ts';
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
  readonly ports: Readonly<Record<PartName | 'controller', number>>;
  readonly requirements: Requirements;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  readonly kafkaExtras?: KafkaExtras | undefined;
};

export async function installPart(installation: Installation): Promise<Part> {
  const { name, requirements } = installation;
  switch (name) {
    case 'kafka':
      return installKafka(installation, onlyIfJava(requirements.java));
    case 'registry':
      return installRegistry(installation, onlyIfJava(requirements.java));
    case 'mongod':
      return installMongod(installation);
    default:
      return name satisfies never;
  }
}

async function installKafka(installation: Installation, java: Java): Promise<Part> {
  const { cacheDir, signal, dataDir, ports, kafkaExtras } = installation;
  const note = noteFor(installation);
  const { directory } = await telling(installation, `Kafka ${kafkaVersion}`, fetchKafka);
  const jars = await kafkaJars(directory);
  const trial = async (jvm: readonly string[], trialDir: string) => {
    const { broker, controller } = await choosePorts({ broker: anyPort, controller: anyPort });
    return kafkaPart({ java: java.file, jvm, jars, dataDir: trialDir, port: broker, controllerPort: controller });
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
  const { kafka: port, controller: controllerPort } = ports;
  return kafkaPart({ java: java.file, jvm, jars, dataDir, port, controllerPort, ...kafkaExtras });
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
  return registryPart({ java: java.file, jvm, jar, dataDir, port: ports.registry });
}

async function installMongod(installation: Installation): Promise<Part> {
  const { dataDir, ports, requirements } = installation;
  const { mongod, python } = requirements;
  if (mongod !== undefined) return mongodPart({ mongod: mongod.file, dataDir, port: ports.mongod });
  const { directory } = await telling(installation, 'mongod', (fetch) => fetchMongod({ ...fetch, python }));
  return mongodPart({ mongod: join(directory, 'mongod'), dataDir, port: ports.mongod });
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
