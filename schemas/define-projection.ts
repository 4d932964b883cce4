// How a projection is made: `export default defineProjection({ … })` in a file of the folder PUTLOG_PROJECTIONS. It says what one event, or
// one command, changes in small documents; the projector sees to it that each is applied once (docs/projections.md).
import type { Command } from './command-fields.ts';
import { type EventKind, eventKinds, type JobEvent } from './event-fields.ts';
import type { Position } from './position.ts';

/** What a document may hold. */
export type DocumentValue =
  | string
  | number
  | boolean
  | null
  | Date
  | readonly DocumentValue[]
  | { readonly [name: string]: DocumentValue };

/**
 * A change of the document `id`, which is made where it is not there yet. Fields are named by their path: `errors.timeout`. A path stands
 * under one of the four, the same one each time.
 * @property add exact for whole numbers. `max`, `min`: the greater, or the smaller, one stays. `set`: the latest of a partition counts, so
 *   it is for what one job alone says, or what is always the same. @property expiresAt when the document may be forgotten.
 */
export type Change = {
  readonly id: string;
  readonly add?: Readonly<Record<string, number>>;
  readonly max?: Readonly<Record<string, number>>;
  readonly min?: Readonly<Record<string, number>>;
  readonly set?: Readonly<Record<string, DocumentValue>>;
  readonly expiresAt?: Date;
};

type Fold<Told> = (told: Told, position: Position) => Iterable<Change>;

/**
 * `event` and `command` are called once for each record, in the order of its partition, and must be pure: the same record gives the same
 * changes, today and when all is read again.
 * @property kinds of events that are asked for; unless told all but `rejected`. The others are not even decoded.
 * @property rollUp what changes besides, given all that one flush changes in a document: sums of sums cost nothing there.
 * @property indexes of MongoDB: what the documents are looked for by.
 */
export type ProjectionOptions = {
  name: string;
  description?: string;
  kinds?: readonly EventKind[];
  event?: Fold<JobEvent>;
  command?: Fold<Command>;
  rollUp?: (change: Change) => Iterable<Change>;
  indexes?: readonly Readonly<Record<string, 1 | -1>>[];
};

export type ProjectionDefinition = {
  readonly name: string;
  readonly description: string;
  /** Null: it does not read events. */
  readonly event: Fold<JobEvent> | null;
  readonly command: Fold<Command> | null;
  readonly kinds: readonly EventKind[];
  readonly rollUp: ((change: Change) => Iterable<Change>) | null;
  readonly indexes: readonly Readonly<Record<string, 1 | -1>>[];
};

const projectionName = /^[a-z][a-z0-9-]{0,60}$/;

/** @throws TypeError that lists everything wrong with the definition. */
export function defineProjection(options: ProjectionOptions): ProjectionDefinition {
  const definition = {
    ...{ description: '', kinds: eventKinds.filter((kind) => kind !== 'rejected') },
    ...{ event: null, command: null, rollUp: null, indexes: [] },
    ...options,
  } satisfies ProjectionDefinition;
  const { name, event, command, rollUp, kinds, indexes } = definition;
  const isFold = (fold: unknown) => fold === null || typeof fold === 'function';
  const wrong = [
    projectionName.test(name) ||
      `name must be lower-case letters, digits and -, at most 61, such as mails-by-day, not "${name}"`,
    event !== null || command !== null || 'it must have event or command, or both: what each record changes',
    (isFold(event) && isFold(command) && isFold(rollUp)) || 'event, command and rollUp must be functions',
    (kinds.length > 0 && kinds.every((kind) => eventKinds.includes(kind))) ||
      `kinds must be some of ${eventKinds.join(', ')}`,
    indexes.every((index) => Object.values(index).every((order) => order === 1 || order === -1)) ||
      'indexes must be a list of objects such as { customer: 1, at: -1 }',
  ].filter((reason) => reason !== true);
  if (wrong.length > 0) throw new TypeError(`projection "${name}": ${wrong.join('; ')}`);
  return definition;
}
