// `subscribe`: each event of the log to a handler, in the order of each job, at least once, or exactly once in what the handler writes to
// MongoDB. Typed by a map of jobs, or by their definitions; it returns at once and goes on until it is stopped.
import type { ClientSession, Db } from 'mongodb';
import type { DefinedJob, NameIn, ResultOf } from '../client/job-types.ts';
import { createKafka } from '../platform/kafka.ts';
import { createLogger } from '../platform/log.ts';
import { subscriberNames } from '../schemas/topics.ts';
import { createAtLeastOnce } from './at-least-once.ts';
import type { DeadEvent } from './dead-event.ts';
import { openDeadLetterTopic } from './dead-letter-topic.ts';
import { createExactlyOnce } from './exactly-once.ts';
import type { Lag } from './lag.ts';
import { type PlaceParts, startSubscription } from './start-subscription.ts';
import { createStoredPlaces } from './stored-places.ts';
import { type AnyOptions, type ExactlyOnceOptions, readOptions, type SubscribeOptions } from './subscribe-options.ts';
import type { EventIn, SubscribedEvent } from './subscribed-event.ts';

export type Subscription = {
  /** Resolves once its first partitions are being read, or it has ended before. */
  readonly ready: Promise<void>;
  /** Resolves when it was stopped. Rejects when it cannot go on: whoever does not look at it has an unhandled rejection then. */
  readonly closed: Promise<void>;
  /** Nothing more is handled until `resume`; resolves once nothing is. It stays a member of its group. */
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
  /** What is in hand is finished, what is done is committed, and the group is told. Waits at most `within` milliseconds (30,000). */
  readonly stop: (within?: number) => Promise<void>;
  /** How far this process is behind. @throws where Kafka does not answer */
  readonly lag: () => Promise<Lag>;
};

type Named<N> = { types?: readonly N[] };
type Defined<J> = { types: readonly J[] };
type EventOf<J> = SubscribedEvent<ResultOf<unknown, J>>;
type AnyHandler = (event: SubscribedEvent, session?: ClientSession) => unknown;
type AnyOnDead = (dead: DeadEvent, error: Error, session?: ClientSession) => unknown;

/** By their definitions. @throws TypeError that lists all that is wrong with the options */
export function subscribe<J extends DefinedJob>(
  options: ExactlyOnceOptions & Defined<J>,
  handler: (event: EventOf<J>, session: ClientSession) => unknown,
): Subscription;
export function subscribe<J extends DefinedJob>(
  options: SubscribeOptions & Defined<J>,
  handler: (event: EventOf<J>) => unknown,
): Subscription;
/** By a map: `subscribe<{ 'word.count': typeof wordCount }>`. Without one any name will do. */
export function subscribe<Jobs = Record<never, never>>(
  options: ExactlyOnceOptions & Named<NameIn<Jobs>>,
  handler: (event: EventIn<Jobs>, session: ClientSession) => unknown,
): Subscription;
export function subscribe<Jobs = Record<never, never>>(
  options: SubscribeOptions & Named<NameIn<Jobs>>,
  handler: (event: EventIn<Jobs>) => unknown,
): Subscription;
export function subscribe(options: AnyOptions, told: (event: never, session: never) => unknown): Subscription {
  // The overloads say what it is told, and that is what the options ask for.
  const handler = told as AnyHandler;
  const settings = readOptions(options);
  const log = options.log ?? createLogger('putlog-subscriber', 'warn', process.stderr.fd);
  const { batch, positions, retry } = settings;

  /** Where what is dead goes. */
  async function graveyard({ cluster, topic, givenUp }: PlaceParts) {
    if (options.onDead !== undefined) return { onDead: options.onDead as AnyOnDead, close: async () => undefined };
    const { brokers, prefix, group, security } = settings;
    const kafka = createKafka({ brokers, clientId: `putlog-subscriber-${process.pid}`, security, log });
    const { dead } = subscriberNames(prefix, group);
    const { put, close } = await openDeadLetterTopic({ topic: dead, like: topic, kafka, cluster, log, givenUp });
    return { onDead: put, close };
  }

  function placesOf(parts: PlaceParts, onDead: AnyOnDead, into: Db | undefined) {
    const { group, topic, cluster, commit, firstOffset, take, gate } = parts;
    const common = { firstOffset, take, gate, handler, onDead, retry, log };
    if (into === undefined)
      return createAtLeastOnce({
        ...common,
        committed: async (partition) => (await cluster.committed(group, topic, partition))?.offset,
        commit: (partition, next) => commit(new Map([[partition, next]])),
      });
    return createExactlyOnce({
      ...{ ...common, client: into.client, batch },
      places: createStoredPlaces(into, positions, log),
      idOf: (partition) => `${group}/${topic}/${partition}`,
    });
  }

  return startSubscription({
    ...{ settings, log },
    async preparePlaces(parts) {
      const { onDead, close } = await graveyard(parts);
      return { open: placesOf(parts, onDead, options.into), close };
    },
  });
}
