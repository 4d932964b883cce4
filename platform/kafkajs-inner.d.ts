// The inner classes of kafkajs 2.2.4 that platform/cluster.ts speaks through (the package ships no types for them).
declare module 'kafkajs/src/cluster/index.js' {
  type PartitionMetadata = { partitionId: number; leader: number; replicas: number[]; isr: number[] };
  type ListedOffset = { partition: number; offset: string };
  export type InnerMessage = {
    offset: string;
    timestamp: string;
    key: Buffer | null;
    value: Buffer | null;
    headers: Record<string, Buffer | string | (Buffer | string)[] | undefined>;
    isControlRecord?: boolean;
    /** Ours: see platform/record-batch.ts. */
    unreadable?: string;
  };
  export type InnerBroker = {
    nodeId: number | null;
    connectionPool: { send(protocol: { request: object; response: object }): Promise<unknown> };
    disconnect(): Promise<void>;
    initProducerId(options: {
      transactionalId: string | null;
      transactionTimeout: number;
    }): Promise<{ producerId: string; producerEpoch: number }>;
    fetch(options: {
      isolationLevel: number;
      maxWaitTime: number;
      minBytes: number;
      maxBytes: number;
      topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
    }): Promise<{
      responses: {
        topicName: string;
        partitions: { partition: number; highWatermark: string; lastStableOffset: string; messages: InnerMessage[] }[];
      }[];
    }>;
    leaveGroup(options: { groupId: string; memberId: string }): Promise<unknown>;
    offsetFetch(options: {
      groupId: string;
      topics: { topic: string; partitions: { partition: number }[] }[];
    }): Promise<{
      responses: { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[];
    }>;
  };
  export default class Cluster {
    constructor(options: object);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    refreshMetadata(): Promise<void>;
    addMultipleTargetTopics(topics: string[]): Promise<void>;
    findBroker(options: { nodeId: string }): Promise<InnerBroker>;
    findControllerBroker(): Promise<InnerBroker>;
    findTopicPartitionMetadata(topic: string): PartitionMetadata[];
    findGroupCoordinator(options: { groupId: string; coordinatorType?: number }): Promise<InnerBroker>;
    fetchTopicsOffset(
      topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean; fromTimestamp?: number }[],
    ): Promise<{ topic: string; partitions: ListedOffset[] }[]>;
    getNodeIds(): string[];
  }
}
declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: { level: number; logCreator: unknown }): object;
}
declare module 'kafkajs/src/broker/index.js' {
  import type { requests } from 'kafkajs/src/protocol/requests/index.js';
  export type FetchOptions = {
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    /** Said by consumers alone, '' where they have none. */
    rackId?: string;
  };
  export default class Broker {
    constructor(options: object);
    connectionPool: { send(protocol: { request: object; response: object }): Promise<unknown> };
    /** In the newest version that both sides know. */
    lookupRequest(apiKey: number, definition: typeof requests.Fetch): ReturnType<typeof requests.Fetch.protocol>;
    fetch(options: FetchOptions): Promise<unknown>;
    disconnect(): Promise<void>;
    /** By key of the request; null: it has not said yet. */
    versions: Record<string, { minVersion: number; maxVersion: number }> | null;
    /** Ours: see platform/kafkajs-brokers.ts. */
    hasSaid?: boolean;
    isConnected(): boolean;
    connect(): Promise<void>;
  }
}
declare module 'kafkajs/src/cluster/brokerPool.js' {
  import type Broker from 'kafkajs/src/broker/index.js';
  export default class BrokerPool {
    constructor(options: object);
    findConnectedBroker(): Promise<Broker>;
    connectBroker(broker: Broker): Promise<void>;
  }
}
declare module 'kafkajs/src/network/connection.js' {
  export default class Connection {
    constructor(options: object);
    socket?: import('node:net').Socket;
    /** What has come of an answer that is not complete. */
    chunks: Buffer[];
    bytesBuffered: number;
    bytesNeeded: number;
    host: string;
    port: number;
    connectionStatus: 'connected' | 'disconnecting' | 'disconnected';
    /** Ours, both: see platform/kafkajs-connections.ts. */
    connecting?: Promise<true> | undefined;
    disconnecting?: Promise<true> | undefined;
    isConnected(): boolean;
    connect(): Promise<true>;
    disconnect(): Promise<true>;
    /** Resolves to what `parse` gives. */
    send(protocol: { request: object; response: object }): Promise<unknown>;
    /** All that wait for an answer, or for their turn. */
    rejectRequests(error: Error): void;
    logDebug(message: string, extra?: object): void;
  }
}
declare module 'kafkajs/src/errors.js' {
  export class KafkaJSConnectionClosedError extends Error {
    constructor(message: string, at: { host: string; port: number });
  }
}
declare module 'kafkajs/src/network/connectionPool.js' {
  import type Connection from 'kafkajs/src/network/connection.js';
  export default class ConnectionPool {
    constructor(options: object);
    /** The second one is for fetches. */
    pool: Connection[];
    getConnection(index?: number): Promise<Connection>;
    send(protocol: { request: object; response: object }): Promise<unknown>;
    destroy(): Promise<void>;
  }
}
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    throttledUntil: number;
    pending: unknown[];
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
}
declare module 'kafkajs/src/consumer/consumerGroup.js' {
  export default class ConsumerGroup {
    constructor(options: object);
    /** Null: in no group. */
    memberId: string | null;
    generationId: number | null;
    coordinator: { heartbeat(payload: object): Promise<void> } | null;
    /** At most one in so many milliseconds. */
    heartbeat(options: { interval: number }): Promise<void>;
  }
}
declare module 'kafkajs/src/consumer/runner.js' {
  export default class Runner {
    running: boolean;
    consumerGroup: { commitOffsets(offsets: object): Promise<void> };
    commitOffsets(offsets: object): Promise<void>;
  }
}
declare module 'kafkajs/src/protocol/error.js' {
  export function createErrorFromCode(code: number): Error & { type: string };
}
declare module 'kafkajs/src/protocol/requests/index.js' {
  type Produce = (payload: object) => {
    request: { encode: () => Promise<{ buffer: Buffer }> };
    response: { decode: (raw: Buffer) => Promise<unknown> };
  };
  type Fetch = (payload: object) => {
    request: object;
    response: { decode: (raw: Buffer) => Promise<unknown>; parse: (decoded: unknown) => Promise<unknown> };
    requestTimeout: number;
  };
  export const requests: {
    Produce: { protocol: (options: { version: number }) => Produce };
    Fetch: { protocol: (options: { version: number }) => Fetch };
  };
}
declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  export default function crc32C(buffer: Buffer): number;
}
declare module 'kafkajs/src/producer/partitioners/default/murmur2.js' {
  export default function murmur2(key: Buffer): number;
}
