// Records of one partition on their way to a handler: those that were asked for are decoded, in order; the others are passed over. While
// the registry is away it waits; what can never be decoded goes on as a fault, and nothing is left out in silence.
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { JobEvent } from '../schemas/event.ts';
import { type Position, positionText } from '../schemas/position.ts';
import { type Interest, relevanceOf } from './interest.ts';
import type { Taken } from './taken.ts';
import { subscribedEvent } from './tell-event.ts';

export type TakeRecordsOptions = {
  topic: string;
  interest: Interest;
  readEvent: (value: Buffer | null) => JobEvent | Promise<JobEvent>;
  log: Logger;
};

export type TakeRecord = ReturnType<typeof createTakeRecord>;

const isUndecodable = (error: unknown): error is UndecodableError => error instanceof UndecodableError;

export function createTakeRecord({ topic, interest, readEvent, log }: TakeRecordsOptions) {
  async function decoded(record: FetchedRecord, position: Position, signal: AbortSignal): Promise<Taken> {
    if (record.unreadable !== undefined) return { record, position, fault: new UndecodableError(record.unreadable) };
    const attempt = () => readEvent(record.value);
    const givenUp = () => signal.aborted;
    try {
      const event = await persist(attempt, { log, what: 'look a schema up', final: isUndecodable, givenUp });
      return { record, position, event: subscribedEvent(event, record, position) };
    } catch (error) {
      if (!isUndecodable(error)) throw error;
      return { record, position, fault: error };
    }
  }

  /** Undefined: nobody asked for it. Rejects only where the signal came before the registry. */
  return (partition: number, record: FetchedRecord, signal: AbortSignal): Promise<Taken> | undefined => {
    const position = { topic, partition, offset: record.offset };
    const relevance = relevanceOf(record, interest);
    if (relevance === 'wanted') return decoded(record, position, signal);
    if (relevance === 'foreign')
      log.warn({ position: positionText(position) }, 'a record is no event of Putlog: passed over');
    return undefined;
  };
}
