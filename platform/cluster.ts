// The one place that speaks Kafka's protocol through kafkajs's inner classes: producer ids, appends with sequences that
// the caller keeps, reads of one partition, offsets. No retries of its own: every error reaches the caller as it is.

import { logLevel } from 'kafkajs';
import Cluster, { type InnerBroker } from 'kafkajs/src/cluster/index.js';
import { createLogger } from 'kafkajs/src/loggers/index.js';
import { requests } from 'kafkajs/src/protocol/requests/index.js';
import './fetch-answer.ts';
import './kafkajs-brokers.ts';
import './kafkajs-connections.ts';
import './kafkajs-timers.ts';
import { type FetchedPart, readAnswer } from './fetched-part.ts';
import type { KafkaAddress } from './kafka-security.ts';
import { kafkaSocket } from './kafka-socket.ts';
import { kafkaLog, type Logger } from './log.ts';
import { createProduceCombiner } from './produce-combiner.ts';
import { type ProduceBatch, type ProduceResult, type ProducerIdentity, produceRequest } from './produce-request.ts';

/** Times in milliseconds. Every field is given, because kafkajs's defaults change with NODE_ENV. */
export const kafkaTimes = {
  connectionTimeout: 3_000,
  authenticationTimeout: 5_000,
  /** Where the broker lets a session of SASL end: how long before that a new one is begun. */
  reauthenticationThreshold: 10_000,
  requestTimeout: 10_000,
  retry: { initialRetryTime: 50, maxRetryTime: 1_000, factor: 0.2, multiplier: 1.5, retries: 2 },
};

/** OFFSET_OUT_OF_RANGE, of `fetch`: retention has taken what stood there. */
export const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 1;

export type KafkaCluster = ReturnType<typeof createCluster>;

type ProduceResponse = {
  topics: { topicName: string; partitions: { partition: number; errorCode: number; baseOffset: string }[] }[];
};

/** Any payload gives the decoder of the answer. */
const { decode: decodeProduceAnswer } = requests.Produce.protocol({ version: 7 })({ topicData: [] }).response;

export function createCluster({ brokers, clientId, security, log }: KafkaAddress & { log: Logger }) {
  const cluster = new Cluster({
    logger: createLogger({ level: logLevel.WARN, logCreator: kafkaLog(log) }),
    socketFactory: kafkaSocket,
    brokers: brokers.split(','),
    clientId,
    ...security,
    ...kafkaTimes,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    maxInFlightRequests: 64,
    isolationLevel: 0,
  });

  /** The broker that leads a partition as far as is known; undefined: ask `refresh`. */
  function leaderOf(topic: string, partition: number): string | undefined {
    try {
      const leader = cluster.findTopicPartitionMetadata(topic).find((p) => p.partitionId === partition)?.leader;
      return leader === undefined || leader < 0 ? undefined : String(leader);
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSTopicMetadataNotLoaded') return undefined;
      throw error;
    }
  }

  async function leader(topic: string, partition: number): Promise<InnerBroker> {
    if (leaderOf(topic, partition) === undefined) await cluster.refreshMetadata();
    const nodeId = leaderOf(topic, partition);
    if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`);
    return cluster.findBroker({ nodeId });
  }

  /** A read has failed: perhaps another broker leads by now, which kafkajs asks nobody by itself. */
  let outdated = false;

  async function reading<Result>(read: () => Promise<Result>): Promise<Result> {
    if (outdated) {
      await cluster.refreshMetadata();
      outdated = false;
    }
    try {
      return await read();
    } catch (error) {
      outdated = true;
      throw error;
    }
  }

  /** One Produce request. */
  async function produce(broker: InnerBroker, batches: ProduceBatch[]): Promise<ProduceResult[]> {
    const request = produceRequest(batches, kafkaTimes.requestTimeout);
    // kafkajs would throw the first partition's error and drop the others' answers: take the decoded answer instead.
    const response = { decode: decodeProduceAnswer, parse: async (data: unknown) => data };
    try {
      const answer = (await broker.connectionPool.send({ request, response })) as ProduceResponse;
      return answer.topics.flatMap(({ topicName, partitions }) =>
        partitions.map(({ partition, errorCode, baseOffset }) => ({
          topic: topicName,
          partition,
          errorCode,
          offset: Number(baseOffset),
        })),
      );
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect();
      throw error;
    }
  }

  return {
    leaderOf,
    /** Learns the leaders of these topics. @throws when a topic does not exist or no broker answers. */
    async watch(topics: string[]): Promise<void> {
      await cluster.connect();
      await cluster.addMultipleTargetTopics(topics);
    },
    refresh: () => cluster.refreshMetadata(),
    close: () => cluster.disconnect(),

    /** A fresh producer id, or, given an identity, that identity's with the next epoch. */
    async initProducerId(identity: string | null): Promise<ProducerIdentity> {
      await cluster.connect();
      let broker: InnerBroker;
      if (identity === null) {
        if (cluster.getNodeIds().length === 0) await cluster.refreshMetadata();
        broker = await cluster.findBroker({ nodeId: cluster.getNodeIds()[0] ?? 'none' });
      } else {
        broker = await cluster.findGroupCoordinator({ groupId: identity, coordinatorType: 1 });
      }
      const { producerId, producerEpoch } = await broker.initProducerId({
        transactionalId: identity,
        transactionTimeout: 15_000,
      });
      return { producerId, producerEpoch };
    },

    /** A connected broker, so that a failure before anything was sent can be told from one after. */
    broker: (nodeId: string) => cluster.findBroker({ nodeId }),

    /** Appends, acks=all, not transactional. Results are per batch; it throws when the outcome is unknown. */
    produce: createProduceCombiner(produce),

    /**
     * Records of one partition from `offset` on, at most about `maxBytes`; none after `maxWaitMs` without any. `next` is where
     * to go on, also behind what is no record of anybody (the end of a transaction); `end` the log's end.
     */
    async fetch(topic: string, partition: number, offset: number, maxBytes: number, maxWaitMs: number) {
      const { responses } = await reading(async () => {
        const broker = await leader(topic, partition);
        return broker.fetch({
          isolationLevel: 0,
          maxWaitTime: maxWaitMs,
          minBytes: 1,
          maxBytes,
          topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
        });
      });
      const answer = responses[0]?.partitions[0];
      if (answer === undefined) throw new Error(`the broker answered nothing for ${topic}/${partition}`);
      return readAnswer(answer, offset);
    },

    /** Partitions of a topic by the broker that leads them, as far as is known; one without a leader is left out. */
    partitionsByLeader(topic: string): Map<string, number[]> {
      const led = new Map<string, number[]>();
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const nodeId = leaderOf(topic, partitionId);
        if (nodeId !== undefined) led.set(nodeId, [...(led.get(nodeId) ?? []), partitionId]);
      }
      return led;
    },

    /**
     * As `fetch`, of many partitions that one broker leads, in one request. `offsets`: partition → where to begin, and the answer
     * has what came of each. @throws where one of them cannot be read, whatever the others have
     */
    async fetchTogether(
      nodeId: string,
      topic: string,
      offsets: ReadonlyMap<number, number>,
      maxBytes: number,
      maxWaitMs: number,
    ): Promise<Map<number, FetchedPart>> {
      const { responses } = await reading(async () => {
        const broker = await cluster.findBroker({ nodeId });
        const partitions = [...offsets].map(([partition, offset]) => ({
          ...{ partition, fetchOffset: String(offset), maxBytes },
        }));
        const topics = [{ topic, partitions }];
        return broker.fetch({ isolationLevel: 0, maxWaitTime: maxWaitMs, minBytes: 1, maxBytes: 4 * maxBytes, topics });
      });
      const answers = responses.flatMap(({ partitions }) => partitions);
      return new Map(
        answers.map((answer) => [answer.partition, readAnswer(answer, offsets.get(answer.partition) ?? 0)]),
      );
    },

    /** The first offset of a partition whose record is not older than `at` (milliseconds since the epoch); undefined: there is none. */
    async offsetAt(topic: string, partition: number, at: number): Promise<number | undefined> {
      const asked = [{ topic, fromBeginning: false, fromTimestamp: at, partitions: [{ partition }] }];
      const [found] = await reading(() => cluster.fetchTopicsOffset(asked));
      const offset = Number(found?.partitions[0]?.offset ?? -1);
      return offset < 0 ? undefined : offset;
    },

    /** Next offset (`latest`) or first one kept (`earliest`) of every partition, in the order of partitions. */
    async offsets(topics: string[], at: 'latest' | 'earliest'): Promise<Map<string, number[]>> {
      const asked = topics.map((topic) => ({
        topic,
        fromBeginning: at === 'earliest',
        partitions: cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId })),
      }));
      const found = await reading(() => cluster.fetchTopicsOffset(asked));
      return new Map(
        found.map(({ topic, partitions }) => [
          topic,
          partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset)),
        ]),
      );
    },

    /** Tells a group that one of its members is gone for good. @throws also where the group has forgotten it already */
    async leaveGroup(groupId: string, memberId: string): Promise<void> {
      await cluster.connect();
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      await coordinator.leaveGroup({ groupId, memberId });
    },

    /** What a group last committed for one partition; undefined: nothing. */
    async committed(groupId: string, topic: string, partition: number) {
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      const { responses } = await coordinator.offsetFetch({
        groupId,
        topics: [{ topic, partitions: [{ partition }] }],
      });
      const answer = responses[0]?.partitions[0];
      if (answer === undefined || Number(answer.offset) < 0) return undefined;
      return { offset: Number(answer.offset), metadata: answer.metadata ?? '' };
    },
  };
}
