// kafkajs's own client, for what it does well: consumer groups and topic administration. Never its producer.
import { Kafka, logLevel } from 'kafkajs';
import { kafkaTimes } from './cluster.ts';
import { kafkaLog, type Logger } from './log.ts';

/** A consumer that crashes loses its place in the group, and one that finds no coordinator never comes back. */
const patientRetry = { ...kafkaTimes.retry, retries: Number.MAX_SAFE_INTEGER };

type KafkaOptions = { brokers: string; clientId: string; log: Logger; patient?: boolean };

/** `patient`: for consumers, which outlast any absence of the brokers; otherwise an absence is told after a few tries. */
export function createKafka({ brokers, clientId, log, patient = false }: KafkaOptions) {
  silenceTimerWarning();
  return new Kafka({
    clientId,
    brokers: brokers.split(','),
    ...kafkaTimes,
    ...(patient && { retry: patientRetry }),
    enforceRequestTimeout: true,
    logLevel: logLevel.INFO,
    logCreator: kafkaLog(log),
  });
}

/** kafkajs asks for timers in the past (tulios/kafkajs#1751): harmless, and the only warning that is kept quiet. */
function silenceTimerWarning() {
  if (process.listeners('warning').some((listener) => listener.name === 'putlogWarnings')) return;
  const others = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', function putlogWarnings(warning) {
    if (warning.name === 'TimeoutNegativeWarning') return;
    for (const listener of others) listener.call(process, warning);
  });
}
