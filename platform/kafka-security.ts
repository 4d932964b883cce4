// How brokers are spoken to: in the clear or over TLS, and as whom. Every client of Kafka, kafkajs's own and our inner one, is given it.
import { readFileSync } from 'node:fs';
import type { SASLOptions } from 'kafkajs';
import { type Config, ConfigError } from './config.ts';

/** `ssl` are the options of Node's tls.connect. Neither member: in the clear, as nobody. */
export type KafkaSecurity = { readonly ssl?: { readonly ca?: string }; readonly sasl?: SASLOptions };

/** Where brokers are, and how this process is called there. `security` undefined: in the clear, as nobody. */
export type KafkaAddress = { brokers: string; clientId: string; security?: KafkaSecurity | undefined };

type Settings = Pick<
  Config,
  'kafkaTls' | 'kafkaTlsCa' | 'kafkaSaslMechanism' | 'kafkaSaslUsername' | 'kafkaSaslPassword'
>;

/** The text of a file that a setting names. @throws ConfigError where it cannot be read */
export function textOfFile(env: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`${env}="${path}" cannot be read: ${error instanceof Error ? error.message : error}`]);
  }
}

/** kafkajs tells mechanisms apart by their types. */
function saslOf({ kafkaSaslMechanism, kafkaSaslUsername, kafkaSaslPassword }: Settings): SASLOptions | undefined {
  const who = { username: kafkaSaslUsername, password: kafkaSaslPassword };
  switch (kafkaSaslMechanism) {
    case undefined:
      return undefined;
    case 'plain':
      return { mechanism: 'plain', ...who };
    case 'scram-sha-256':
      return { mechanism: 'scram-sha-256', ...who };
    case 'scram-sha-512':
      return { mechanism: 'scram-sha-512', ...who };
    default:
      return kafkaSaslMechanism satisfies never;
  }
}

/** @throws ConfigError where the file of authorities cannot be read */
export function kafkaSecurity(settings: Settings): KafkaSecurity {
  const sasl = saslOf(settings);
  const ca = settings.kafkaTlsCa === '' ? undefined : textOfFile('KAFKA_TLS_CA', settings.kafkaTlsCa);
  return {
    ...(settings.kafkaTls === 'yes' && { ssl: ca === undefined ? {} : { ca } }),
    ...(sasl !== undefined && { sasl }),
  };
}
