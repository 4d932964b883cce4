// What a subscription is told, with what counts where it is not told, checked before anything is asked of Kafka: everything that is
// wrong is listed at once.
import type { ClientSession, Db } from 'mongodb';
import type { KafkaSecurity } from '../platform/kafka-security.ts';
import type { Logger } from '../platform/log.ts';
import { type EventKind, eventKinds } from '../schemas/event.ts';
import { topicNames } from '../schemas/topics.ts';
import type { DeadEvent } from './dead-event.ts';
import { type Start, type StartFrom, startOf } from './start-from.ts';

/** Times are in milliseconds. */
type Common = {
  /** `host:port`, separated by commas. */
  brokers: string;
  /** Address of the schema registry; may hold a name and a password. */
  registry: string;
  /** PUTLOG_PREFIX of the system; `putlog` unless told. */
  prefix?: string;
  /** TLS, with the authorities of a private one as PEM text. */
  tls?: boolean | { readonly ca: string };
  sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Who reads: processes with one name share the partitions, each name is told everything. */
  group: string;
  /** All kinds unless told. */
  events?: readonly EventKind[];
  /** Where the group begins that has read nothing of a partition yet; `beginning` unless told. */
  from?: StartFrom;
  /** Events that are handled at once, each of another partition; 16 unless told. */
  concurrency?: number;
  /** What throws is called again, after a time that doubles; in the end the event is dead. 5, 200 and 30,000 unless told. */
  retry?: { readonly attempts?: number; readonly backoffMs?: number; readonly maxBackoffMs?: number };
  /** A process silent for so long loses its partitions; 10,000 unless told. */
  sessionTimeoutMs?: number;
  /** pino's; warnings and errors go to stderr unless told. */
  log?: Logger;
};

/** Each event at least once. */
export type SubscribeOptions = Common & {
  into?: undefined;
  /**
   * Takes what could not be handled; what it throws is tried again until it does not. Unless told, a record of the topic
   * `<prefix>.subscribers.<group>.dead`.
   */
  onDead?: (dead: DeadEvent, error: Error) => unknown;
  /** How often what is done is committed; 1,000 unless told. */
  commitEveryMs?: number;
};

/** Each event once, in what the handler writes with its session. */
export type ExactlyOnceOptions = Common & {
  /** Database of a replica set, by the driver of MongoDB (6 or newer). */
  into: Db;
  /** Its collection that keeps how far each partition is; `putlog_positions` unless told. */
  positions?: string;
  /** Events that share a transaction, as far as there are so many; 50 unless told. */
  batch?: number;
  /** As of SubscribeOptions; what it writes with the session is in the transaction that passes the event over. */
  onDead?: (dead: DeadEvent, error: Error, session: ClientSession) => unknown;
  commitEveryMs?: number;
};

export type AnyOptions = (SubscribeOptions | ExactlyOnceOptions) & {
  types?: readonly (string | { readonly type: string })[];
};

const isCount = (value: number, least: number, most: number) =>
  Number.isSafeInteger(value) && value >= least && value <= most;

export type Settings = ReturnType<typeof readOptions>;

/** @throws TypeError that lists everything wrong */
export function readOptions(options: AnyOptions) {
  const { prefix = 'putlog', group, concurrency = 16, sessionTimeoutMs = 10_000, commitEveryMs = 1_000 } = options;
  const { attempts = 5, backoffMs = 200, maxBackoffMs = 30_000 } = options.retry ?? {};
  const { batch = 50, positions = 'putlog_positions' } = options.into === undefined ? {} : options;
  const types = options.types?.map((one) => (typeof one === 'string' ? one : one.type));
  const hour = 3_600_000;
  let start: Start = { at: 'beginning' };
  const startFault = () => {
    try {
      start = startOf(options.from ?? 'beginning', topicNames(prefix).events);
      return true;
    } catch (error) {
      if (error instanceof TypeError) return error.message;
      throw error;
    }
  };
  const unknown = options.events?.filter((kind) => !eventKinds.includes(kind)) ?? [];
  const wrong = [
    /^[\w.-]+:\d{1,5}(,[\w.-]+:\d{1,5})*$/.test(options.brokers) || 'brokers must be host:port, separated by commas',
    /^https?:\/\/\S+$/.test(options.registry) || 'registry must be an http(s) URL',
    /^[a-z][a-z0-9-]{0,40}$/.test(prefix) || 'prefix must be lower-case letters, digits and -, as PUTLOG_PREFIX is',
    /^[A-Za-z0-9][\w.-]{0,99}$/.test(group) || 'group must be 1 to 100 letters, digits, dots, _ and -',
    types?.length !== 0 || 'types is empty: leave it out for all of them',
    options.events?.length !== 0 || 'events is empty: leave it out for all of them',
    unknown.length === 0 || `events has no ${unknown.join(', ')}: there are ${eventKinds.join(', ')}`,
    startFault(),
    isCount(concurrency, 1, 1_024) || 'concurrency must be a whole number from 1 to 1024',
    isCount(attempts, 1, 1_000) || 'retry.attempts must be a whole number from 1 to 1000',
    isCount(backoffMs, 0, hour) || `retry.backoffMs must be 0 to ${hour} milliseconds`,
    isCount(maxBackoffMs, 0, hour) || `retry.maxBackoffMs must be 0 to ${hour} milliseconds`,
    isCount(batch, 1, 10_000) || 'batch must be a whole number from 1 to 10000',
    isCount(sessionTimeoutMs, 6_000, 300_000) || 'sessionTimeoutMs must be 6000 to 300000 milliseconds',
    isCount(commitEveryMs, 100, hour) || `commitEveryMs must be 100 to ${hour} milliseconds`,
  ].filter((reason) => reason !== true);
  if (wrong.length > 0) throw new TypeError(`subscribe: ${wrong.join('; ')}`);
  return {
    ...{ brokers: options.brokers, registry: options.registry, prefix, group, security: securityOf(options) },
    interest: { types: types && new Set(types), kinds: options.events && new Set<string>(options.events) },
    ...{ start, concurrency, batch, positions, sessionTimeoutMs, commitEveryMs },
    retry: { attempts, backoffMs, maxBackoffMs },
  };
}

function securityOf({ tls = false, sasl }: Common): KafkaSecurity {
  const ssl = tls === true ? {} : tls;
  return { ...(ssl !== false && { ssl }), ...(sasl !== undefined && { sasl: saslOf(sasl) }) };
}

/** kafkajs tells mechanisms apart by their types. */
function saslOf({ mechanism, username, password }: NonNullable<Common['sasl']>) {
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
    default:
      return mechanism satisfies never;
  }
}
