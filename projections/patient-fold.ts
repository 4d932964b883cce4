// Folds a record at once where its schema is known here, without a promise; waits where the schema is new and the registry is away; and
// passes over what can never be read, which is told. The projector group calls it for each record.
import type { KafkaMessage } from 'kafkajs';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { unreadableOffsets, whyUnreadable } from '../platform/record-batch.ts';
import { UndecodableError } from '../platform/wire-format.ts';

/** A record, as a consumer or a fetch brings it. */
export type Folded = {
  readonly offset: string | number;
  readonly timestamp: string | number;
  readonly value: Buffer | null;
  readonly headers?: object | undefined;
  readonly header?: (name: string) => string | undefined;
};

/** What a record tells; undefined: nothing. @throws UndecodableError */
export type Fold<Told> = (
  topic: string,
  partition: number,
  message: Folded,
) => Told | undefined | Promise<Told | undefined>;

export const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;

export function createPatientFold<Told>(fold: Fold<Told>, { log, givenUp }: { log: Logger; givenUp: () => boolean }) {
  /** Partitions in which a record waits for the registry, once for each. */
  const waiting: string[] = [];

  function folded(topic: string, partition: number, message: KafkaMessage) {
    const reason = whyUnreadable(message);
    if (reason !== undefined) {
      const place = { topic, partition, ...unreadableOffsets(message) };
      log.error(
        { ...place, reason },
        'a batch cannot be opened: it is passed over, and a worker records commands as dead',
      );
      return undefined;
    }
    const unreadable = (error: unknown): undefined => {
      if (!(error instanceof UndecodableError)) throw error;
      const reason = error.message;
      log.error({ reason, topic, partition, offset: message.offset }, 'a record cannot be projected');
      return undefined;
    };
    try {
      const told = fold(topic, partition, message);
      if (!(told instanceof Promise)) return told;
      // A schema that is new here: while the registry is away this waits.
      const final = (error: unknown) => error instanceof UndecodableError;
      let first: typeof told | undefined = told;
      const attempt = () => {
        const current = first ?? fold(topic, partition, message);
        first = undefined;
        return current;
      };
      waiting.push(nameOf(topic, partition));
      return persist(attempt, { log, what: 'look a schema up', final, givenUp })
        .catch(unreadable)
        .finally(() => void waiting.splice(waiting.indexOf(nameOf(topic, partition)), 1));
    } catch (error) {
      return unreadable(error);
    }
  }

  return {
    folded,
    /** Does a record of this partition wait for its schema? */
    learns: (topic: string, partition: number): boolean => waiting.includes(nameOf(topic, partition)),
    /** Does any? */
    learning: (): boolean => waiting.length > 0,
  };
}
