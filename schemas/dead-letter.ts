// What is known of a command that ended as `dead`, as /dead-letters lists it and MongoDB keeps it. The projections write it, the
// producer reads it; the bytes are in the event alone.
import type { Position } from './position.ts';

/** `ce_redriveof`: the record sends again what is dead at this position (`topic/partition@offset`). */
export const redriveHeader = 'ce_redriveof';

/** Times are milliseconds since the epoch. `type` and `id` are '' where nobody could read the record. */
export type DeadLetter = {
  /** Position of the command. */
  _id: string;
  type: string;
  id: string;
  generation: number;
  /** How many attempts it had. */
  attempt: number;
  key: string;
  code: string;
  detail: string;
  at: number;
  worker: string;
  command: Position;
  /** Of its event, in the partition `command.partition` of the events topic. */
  eventOffset: number;
  /** When it was sent again; absent: it was not. */
  redrivenAt?: number;
};
