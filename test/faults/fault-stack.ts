// What a whole run of the fault suite stands on: a Kafka, a registry and a MongoDB of its own, each behind a proxy. The
// processes under test know the proxies only; the checks go to the servers directly.
import { choosePorts } from '../../embedded/ports.ts';
import type { Stack } from '../../embedded/start-stack.ts';
import { startOwnStack } from '../stack/own-stack.ts';
import { type KafkaProxy, startKafkaProxy } from './kafka-proxy.ts';
import { type MongoProxy, startMongoProxy } from './mongodb-proxy.ts';
import { type RegistryProxy, startRegistryProxy } from './registry-proxy.ts';

export type FaultStack = {
  readonly stack: Stack;
  readonly proxy: { readonly kafka: KafkaProxy; readonly mongodb: MongoProxy; readonly registry: RegistryProxy };
  /** Behind the proxies. */
  readonly direct: Addresses;
  /** Through the proxies. */
  readonly proxied: Addresses;
  /** Freezes a server (SIGSTOP) or lets it go on (SIGCONT). */
  signal(part: 'kafka' | 'registry' | 'mongod', signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

export type Addresses = {
  readonly kafka: string;
  readonly registryUrl: string;
  /** With a database of this name. */
  readonly mongoUri: (database: string) => string;
};

/** @param properties settings of the broker on top of the embedded stack's */
export async function startFaultStack(properties: Readonly<Record<string, string | number>> = {}): Promise<FaultStack> {
  const any = { wanted: undefined, previous: undefined, setting: 'fault suite' };
  const ports = await choosePorts({ listener: any, kafka: any, mongodb: any, registry: any });
  const proxied = { port: ports.listener, advertisedPort: ports.kafka };
  const { stack, addresses, remove } = await startOwnStack({ kafkaExtras: { proxied, properties } });
  const registry = new URL(addresses.registryUrl);
  const mongodb = new URL(addresses.mongoUri);
  const proxy = {
    kafka: await startKafkaProxy(ports.kafka, { port: ports.listener }),
    mongodb: await startMongoProxy(ports.mongodb, { port: Number(mongodb.port) }),
    registry: await startRegistryProxy(ports.registry, { port: Number(registry.port) }),
  };
  const throughProxy = new URL(registry);
  throughProxy.port = String(ports.registry);

  const pids = {
    kafka: () => stack.kafka?.pid,
    registry: () => stack.registry?.pid,
    mongod: () => stack.mongod?.pid,
  };
  return {
    stack,
    proxy,
    direct: {
      kafka: addresses.brokers,
      registryUrl: addresses.registryUrl,
      mongoUri: (database) => mongoUri(Number(mongodb.port), database),
    },
    proxied: {
      kafka: `127.0.0.1:${ports.kafka}`,
      registryUrl: throughProxy.href.replace(/\/$/, ''),
      mongoUri: (database) => mongoUri(ports.mongodb, database),
    },
    signal(part, signal) {
      const pid = pids[part]();
      if (pid === undefined) throw new Error(`${part} does not run`);
      process.kill(pid, signal);
    },
    async stop() {
      await Promise.all([proxy.kafka.close(), proxy.mongodb.close(), proxy.registry.close()]);
      await remove();
    },
  };
}

/** Directly, or the driver would ask the replica set for its members and go to them past the proxy. */
const mongoUri = (port: number, database: string) => `mongodb://127.0.0.1:${port}/${database}?directConnection=true`;
