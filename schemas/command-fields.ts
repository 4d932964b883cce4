// What stands in a command, as a type alone: whoever folds commands in a file of their own needs it, and nothing of how it is encoded.
import type { Position } from './position.ts';

/** `payload` is canonical JSON text, `digest` its SHA-256 in hex, times are milliseconds since the epoch. */
export type Command = {
  /** `submit`: a client asks. `run`: what was put off, by its client or for another attempt, is due. */
  kind: 'submit' | 'run';
  type: string;
  id: string;
  /** Counts redrives from 0. */
  generation: number;
  /** Counts runs from 1. */
  attempt: number;
  /** Calls with one ordering key run in the order of the log. */
  key: string;
  payload: string;
  digest: string;
  submittedAt: number;
  /** `submit` only: not before; null: at once. */
  dueAt: number | null;
  /** `run` only: the command whose outcome was to put this run off. */
  after: Position | null;
  /** JSON text of CallOptions; null: none. */
  options: string | null;
};
