// What a whole run of the fault suite stands on: a Kafka of one broker or three, a registry and a MongoDB of its own, each
// behind a proxy. The processes under test know the proxies only; the checks go to the servers directly.
import { type BrokerName, brokerNames, type PartName } from '../../embedded/part.ts';
import { choosePorts } from '../../embedded/ports.ts';
import type { Stack } from '../../embedded/start-stack.ts';
import { startOwnStack } from '../stack/own-stack.ts';
import { type KafkaProxy, startKafkaProxy } from './kafka-proxy.ts';
import { type MongoProxy, startMongoProxy } from './mongodb-proxy.ts';
import { type RegistryProxy, startRegistryProxy } from './registry-proxy.ts';

export type FaultStack = {
  readonly stack: Stack;
  /** In the order of their node ids. */
  readonly brokers: readonly BrokerName[];
  /** Addresses of the brokers that run and are not frozen, behind the proxies. */
  answering(): string[];
  readonly proxy: { readonly kafka: KafkaProxy; readonly mongodb: MongoProxy; readonly registry: RegistryProxy };
  /** Behind the proxies. */
  readonly direct: Addresses;
  /** Through the proxies. */
  readonly proxied: Addresses;
  /** Freezes a server (SIGSTOP) or lets it go on (SIGCONT). */
  signal(part: PartName, signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

export type Addresses = {
  readonly kafka: string;
  readonly registryUrl: string;
  /** With a database of this name. */
  readonly mongoUri: (database: string) => string;
};

/** `broker`: settings of the brokers on top of the embedded stack's; so many of them as `brokers` says, 1 unless told. */
export type StackNeeds = { broker?: Readonly<Record<string, string | number>>; brokers?: 1 | 3 };

export async function startFaultStack({
  broker: properties = {},
  brokers: count = 1,
}: StackNeeds): Promise<FaultStack> {
  const any = { wanted: undefined, previous: undefined, setting: 'fault suite' };
  const brokers = brokerNames.slice(0, count);
  const ofBrokers = brokers.flatMap((name) => [`${name} listener`, name]);
  const named = Object.fromEntries(ofBrokers.map((name) => [name, any]));
  const ports = await choosePorts({ ...named, mongodb: any, registry: any });
  const portOf = (name: string) => new Map(Object.entries(ports)).get(name) ?? 0;
  const proxied = brokers.map((name) => ({ port: portOf(`${name} listener`), advertisedPort: portOf(name) }));
  const { stack, addresses, remove } = await startOwnStack({
    parts: [...brokers, 'registry', 'mongod'],
    kafkaExtras: { proxied, properties },
  });
  const registry = new URL(addresses.registryUrl);
  const mongodb = new URL(addresses.mongoUri);
  const proxy = {
    kafka: await startKafkaProxy(proxied.map(({ port, advertisedPort }) => ({ port: advertisedPort, target: port }))),
    mongodb: await startMongoProxy(ports.mongodb, { port: Number(mongodb.port) }),
    registry: await startRegistryProxy(ports.registry, { port: Number(registry.port) }),
  };
  const throughProxy = new URL(registry);
  throughProxy.port = String(ports.registry);

  const frozen = new Set<number>();
  return {
    stack,
    brokers,
    answering: () =>
      addresses.brokers.split(',').filter((_, i) => {
        const pid = stack.pidOf(brokers[i] ?? 'kafka');
        return pid !== undefined && !frozen.has(pid);
      }),
    proxy,
    direct: {
      kafka: addresses.brokers,
      registryUrl: addresses.registryUrl,
      mongoUri: (database) => mongoUri(Number(mongodb.port), database),
    },
    proxied: {
      kafka: proxied.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`).join(','),
      registryUrl: throughProxy.href.replace(/\/$/, ''),
      mongoUri: (database) => mongoUri(ports.mongodb, database),
    },
    signal(part, signal) {
      const pid = stack.pidOf(part);
      if (pid === undefined) throw new Error(`${part} does not run`);
      process.kill(pid, signal);
      if (signal === 'SIGSTOP') frozen.add(pid);
      if (signal === 'SIGCONT') frozen.delete(pid);
    },
    async stop() {
      await Promise.all([proxy.kafka.close(), proxy.mongodb.close(), proxy.registry.close()]);
      // The last brokers cannot shut down in good order: they have no quorum any more.
      if (brokers.length > 1) stack.kill();
      await remove();
    },
  };
}

/** Directly, or the driver would ask the replica set for its members and go to them past the proxy. */
const mongoUri = (port: number, database: string) => `mongodb://127.0.0.1:${port}/${database}?directConnection=true`;
