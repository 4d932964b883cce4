// A partition while it is ours: where reading begins, and what becomes of what was read. There are two: at-least-once.ts keeps its place
// in the group's offsets, exactly-once.ts beside what the handler writes. run-partition.ts drives either.
import type { FetchedPart } from '../platform/fetched-part.ts';

export type Place = {
  /** Where reading begins. */
  readonly next: number;
  /** Everything before it is done with. */
  done: () => number;
  /**
   * Handles what was asked for, in order. Resolves when all is done with, or when the signal came: then `done` says how far it got.
   * @throws LostPlaceError
   */
  apply: (part: FetchedPart) => Promise<void>;
  close: () => Promise<void>;
};

/** Rejects only when the signal came. */
export type OpenPlace = (partition: number, signal: AbortSignal) => Promise<Place>;

/** Somebody else has taken the partition over, and this process does not know it yet. Nothing that it does counts any more. */
export class LostPlaceError extends Error {
  override readonly name = 'LostPlaceError';
}
