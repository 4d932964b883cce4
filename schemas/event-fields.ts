// What stands in an event, as a type alone: whoever folds events in a file of their own needs it, and nothing of how it is encoded.
import type { Position } from './position.ts';

export const eventKinds = [
  'scheduled',
  'started',
  'progressed',
  'succeeded',
  'retrying',
  'failed',
  'cancelled',
  'dead',
  'rejected',
] as const;
export type EventKind = (typeof eventKinds)[number];

/** Times are milliseconds since the epoch. `result` is JSON text, `error` the JSON text of a problem document. */
export type JobEvent = {
  kind: EventKind;
  type: string;
  id: string;
  generation: number;
  attempt: number;
  key: string;
  digest: string;
  submittedAt: number;
  startedAt: number | null;
  at: number;
  /** Which worker process says so. */
  worker: string;
  /** Where the command is that this is about; the event stands in the same partition of the events topic. */
  command: Position;
  result: string | null;
  error: string | null;
  /** `dead` only: the record's value as it was read. */
  original: Buffer | null;
  /** `progressed` only: JSON text of what the function says of it. */
  progress: string | null;
  /** `scheduled` and `retrying`: when the job runs next. */
  dueAt: number | null;
  /** `scheduled` and `retrying`: what it runs with then, as the command had it. */
  payload: string | null;
  /** `retrying` of a type that keeps the order of its keys: the same command runs again, and its key waits for it. */
  inPlace: boolean;
  /** What was asked for besides the run, as the command had it: JSON text of CallOptions. */
  options: string | null;
};
