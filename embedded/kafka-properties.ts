/**
 * The server.properties of a single Kafka node that is broker and controller at once, reachable from this machine
 * only. Pure; written to disk by kafka-part.ts before each start, so ports may change between runs.
 */
export type KafkaSettings = {
  readonly port: number;
  readonly controllerPort: number;
  readonly logDir: string;
} & KafkaExtras;

export type KafkaExtras = {
  /** One more listener, on `port`; who comes in there is told to come to `advertisedPort`, where a proxy may stand. */
  readonly proxied?: { readonly port: number; readonly advertisedPort: number };
  /** Broker settings that replace ours. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
};

export function kafkaProperties({ port, controllerPort, logDir, proxied, properties }: KafkaSettings): string {
  const more = proxied === undefined ? '' : `,PROXIED://127.0.0.1:${proxied.port}`;
  const moreAdvertised = proxied === undefined ? '' : `,PROXIED://127.0.0.1:${proxied.advertisedPort}`;
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${more}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${moreAdvertised}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    // Static voters live in this file alone, so the controller's port may change between runs.
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    // A broker that was killed may come back only when its session has ended.
    'broker.heartbeat.interval.ms': 1_000,
    'broker.session.timeout.ms': 4_000,
    // A small broker: the cleaner's map is 128 MiB by default, and two cores need few threads.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
    ...properties,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escaped(String(value))}\n`)
    .join('');
}

/** Java properties give the backslash a meaning; paths must not. */
const escaped = (value: string) => value.replaceAll('\\', '\\\\');
