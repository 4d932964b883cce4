// What a subscriber could not handle: an event whose handler has thrown at each of its attempts, or a record that nobody can decode. It
// is the subscriber's own; the job that it is about is what it was.
import type { SubscribedEvent } from './subscribed-event.ts';

export type DeadEvent<E = SubscribedEvent> = {
  /** Undefined where the record could not be decoded. */
  readonly event: E | undefined;
  /** topic/partition@offset */
  readonly position: string;
  /** How often the handler was called. */
  readonly attempts: number;
  /** The record as it was read. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
};

/** What a record of the topic of dead events says beside the headers that the event had. */
export const deadHeaders = {
  dead_position: 'Where it stands: topic/partition@offset',
  dead_reason: 'What its handler threw last, or why it cannot be decoded',
  dead_attempts: 'How often its handler was called',
  dead_at: 'When it was given up',
} as const;
