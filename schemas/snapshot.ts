// What the job type putlog.snapshot is given to build one with, and what comes of it. The worker that runs it has the function in its context.
import type { Progress } from './progress.ts';

/** `at`: an RFC 3339 time or `topic/partition@offset`; `types` undefined: of all. */
export type SnapshotRequest = {
  readonly id: string;
  readonly at: string;
  readonly types: readonly string[] | undefined;
  /** How long it can be read (milliseconds). */
  readonly keepMs: number;
};

/** Times are RFC 3339 in UTC; offsets by topic, one for each partition. */
export type SnapshotBuilt = {
  snapshot: string;
  /** The moment; of a position the time of its record. */
  at: string;
  jobs: number;
  /** The first record that the log still had: more than 0 where retention has deleted what was before. */
  begins: Record<string, number[]>;
  /** The first record that is later, or the end that the log had. */
  ends: Record<string, number[]>;
  expiresAt: string;
};

/** Ends with the signal, and leaves nothing then. @throws NonRetryableError where the log has no such moment */
export type BuildSnapshot = (
  request: SnapshotRequest,
  run: { readonly signal: AbortSignal; readonly progress: (update: Progress) => void },
) => Promise<SnapshotBuilt>;
