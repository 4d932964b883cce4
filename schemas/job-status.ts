// What is known of a job, as GET answers it and MongoDB keeps it. The projections write it, the producer reads it.
import type { Position } from './position.ts';

export const jobStates = ['scheduled', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

export const isTerminal = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

/**
 * One document of the collection `jobs_v<N>`. Times are milliseconds since the epoch. `result` and `error` are kept as
 * the JSON text that was recorded: they are passed on byte for byte, and nothing a user wrote is ever an operator.
 */
export type JobDocument = {
  /** `<type>/<id>` */
  _id: string;
  type: string;
  id: string;
  key: string;
  state: JobState;
  generation: number;
  attempt: number;
  /** SHA-256 of the canonical payload, hex. */
  digest: string;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  updatedAt: number;
  /** When MongoDB forgets it; null: never, or it is not over. */
  expiresAt: Date | null;
  /** Scheduled or retrying: when it runs next. */
  dueAt: number | null;
  /** JSON text of the result, once succeeded. */
  result: string | null;
  /** JSON text of the problem document, once failed; while retrying that of the last attempt. */
  error: string | null;
  worker: string | null;
  /** JSON text, while it runs and has told any. */
  progress: string | null;
  /** JSON text of CallOptions; absent from documents that are older than they. */
  options?: string | null;
  /** Position of the command that counts. */
  command: Position;
  /** Offset in the partition `command.partition` of the events topic of the latest event applied; -1: none yet. */
  eventOffset: number;
};

export const jobKey = (type: string, id: string): string => `${type}/${id}`;
