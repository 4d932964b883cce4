/**
 * The server.properties of a Kafka node that is broker and controller at once, reachable from this machine only: of
 * one alone, or of one of three. Pure; written to disk by kafka-part.ts before each start, so ports may change between runs.
 */
export type KafkaSettings = {
  readonly port: number;
  /** From 1 on. */
  readonly nodeId: number;
  /** Of all nodes, in the order of their ids. */
  readonly controllerPorts: readonly number[];
  readonly logDir: string;
} & KafkaExtras;

export type KafkaExtras = {
  /**
   * One more listener for each node, on `port`; who comes in there is told to come to `advertisedPort`, where a proxy may
   * stand.
   */
  readonly proxied?: readonly { readonly port: number; readonly advertisedPort: number }[];
  /** Broker settings that replace ours. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
};

export function kafkaProperties(settings: KafkaSettings): string {
  const { port, nodeId, controllerPorts, logDir, properties } = settings;
  const proxied = settings.proxied?.[nodeId - 1];
  const nodes = controllerPorts.length;
  const copies = Math.min(3, nodes);
  const inSync = nodes < 3 ? 1 : 2;
  const more = proxied === undefined ? '' : `,PROXIED://127.0.0.1:${proxied.port}`;
  const moreAdvertised = proxied === undefined ? '' : `,PROXIED://127.0.0.1:${proxied.advertisedPort}`;
  const lines: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': nodeId,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPorts[nodeId - 1]}${more}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${moreAdvertised}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    // Static voters live in this file alone, so the controllers' ports may change between runs.
    'controller.quorum.voters': controllerPorts.map((at, i) => `${i + 1}@127.0.0.1:${at}`).join(','),
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 1,
    // A broker that was killed may come back only when its session has ended.
    'broker.heartbeat.interval.ms': 1_000,
    'broker.session.timeout.ms': 4_000,
    // A small broker: the cleaner's map is 128 MiB by default, and two cores need few threads.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
    ...(nodes > 1 && { 'min.insync.replicas': inSync }),
    ...properties,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${escaped(String(value))}\n`)
    .join('');
}

/** Java properties give the backslash a meaning; paths must not. */
const escaped = (value: string) => value.replaceAll('\\', '\\\\');
