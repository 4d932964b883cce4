// A record that was asked for, between the log and the handler: an event, or what can never be one; and what it is when it is dead.
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { type Position, positionText } from '../schemas/position.ts';
import type { DeadEvent } from './dead-event.ts';
import type { SubscribedEvent } from './subscribed-event.ts';

/** A record that was asked for, on its way to the handler. `fault`: why it can never get there. */
export type Taken = { record: FetchedRecord; position: Position } & (
  | { event: SubscribedEvent; fault?: undefined }
  | { event?: undefined; fault: Error }
);

export function deadEvent({ record, position, event }: Taken, attempts: number): DeadEvent {
  // The first of several, as everywhere.
  const headers = Object.entries(record.headers).map(
    ([name, value]) => [name, String([value].flat()[0] ?? '')] as const,
  );
  return {
    ...{ event, position: positionText(position), attempts, key: record.key, value: record.value },
    headers: Object.fromEntries(headers),
  };
}
