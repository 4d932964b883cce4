// kafkajs's own client, for what it does well: consumer groups and topic administration. Never its producer.
import { Kafka, logLevel } from 'kafkajs';
import { kafkaTimes } from './cluster.ts';
import './fetch-answer.ts';
import './kafkajs-brokers.ts';
import './kafkajs-connections.ts';
import './kafkajs-fetch.ts';
import './kafkajs-rejoin.ts';
import './kafkajs-timers.ts';
import type { KafkaAddress } from './kafka-security.ts';
import { kafkaSocket } from './kafka-socket.ts';
import { kafkaLog, type Logger } from './log.ts';

/** A consumer that crashes loses its place in the group, and one that finds no coordinator never comes back. */
const patientRetry = { ...kafkaTimes.retry, retries: Number.MAX_SAFE_INTEGER };

type KafkaOptions = KafkaAddress & { log: Logger; patient?: boolean };

/** `patient`: for consumers, which outlast any absence of the brokers; otherwise an absence is told after a few tries. */
export function createKafka({ brokers, clientId, security, log, patient = false }: KafkaOptions) {
  return new Kafka({
    clientId,
    brokers: brokers.split(','),
    ...kafkaTimes,
    socketFactory: kafkaSocket,
    ...security,
    ...(patient && { retry: patientRetry }),
    enforceRequestTimeout: true,
    logLevel: logLevel.INFO,
    logCreator: kafkaLog(log),
  });
}
