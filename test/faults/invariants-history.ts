// What an invariant is a function of: everything that is known of a run once it is quiet. And the words that all of the
// invariants use. Made by checkInvariants from the real system, and by hand in the invariants' own tests.
import { type EventKind, type JobEvent, terminalKinds } from '../../schemas/event.ts';
import type { JobDocument } from '../../schemas/job-status.ts';
import type { Position } from '../../schemas/position.ts';
import type { Execution } from './executions.ts';
import type { JournaledJob } from './journal.ts';
import type { Log, LoggedEvent } from './reader.ts';

export type Breach = { invariant: number; text: string };

/** A group committed this offset; samples are in the order in which they were seen. */
export type CommitSample = { group: string; topic: string; partition: number; offset: number };

/** `at` in milliseconds. `heapBytes`: held on the heap and in buffers, as the process tells it itself now and then. */
export type ProcessSample = {
  name: string;
  pid: number;
  at: number;
  rssBytes: number;
  descriptors: number;
  heapBytes?: number;
};

/** Records that are gone: commands that no worker had taken, events that the projector had not read. */
export type Deleted = { unrun: readonly Position[]; unprojected: readonly { partition: number; offset: number }[] };

/** How a process ended that was asked to; `code` null: by a signal. */
export type Termination = { name: string; code: number | null; ms: number; deadlineMs: number };

export type History = {
  jobs: ReadonlyMap<string, JournaledJob>;
  log: Pick<Log, 'commands' | 'events' | 'fences'>;
  documents: readonly JobDocument[];
  executions: readonly Execution[];
  commits: readonly CommitSample[];
  /** Where each partition of commands ends, and what the workers have committed of it when it was quiet. */
  lags: readonly { topic: string; partition: number; end: number; committed: number }[];
  processes: readonly ProcessSample[];
  terminations: readonly Termination[];
  /** Records that the workers could not decode although this reader can. */
  poison: readonly Position[];
  deleted: Deleted;
};

export const nameOf = ({ type, id }: Pick<JobEvent, 'type' | 'id'>): string => `${type}/${id}`;

/** `<topic partition>@<offset>` of an event, for a reader of a breach. */
export const at = ({ partition, offset }: Pick<LoggedEvent, 'partition' | 'offset'>): string =>
  `events ${partition}@${offset}`;

const outcomeKinds: ReadonlySet<EventKind> = new Set([...terminalKinds, 'retrying']);

/** It ends an attempt. */
export const isOutcome = ({ event }: LoggedEvent): boolean => outcomeKinds.has(event.kind) && event.type !== '';

/** It ends a job. */
export const isTerminalEvent = ({ event }: LoggedEvent): boolean => terminalKinds.has(event.kind) && event.type !== '';

/** A breach for each group of more than one, in words that name all of them. */
export function onlyOne<Item>(
  invariant: number,
  items: readonly Item[],
  by: (item: Item) => string,
  words: (item: Item) => string,
): Breach[] {
  return [...Map.groupBy(items, by)].flatMap(([name, group]) =>
    group.length === 1 ? [] : [{ invariant, text: `${name}: ${group.map(words).join(', ')}` }],
  );
}

/** The latest generation that a command asks for, by name. */
export function latestGenerations({ commands }: Pick<History['log'], 'commands'>): Map<string, number> {
  const latest = new Map<string, number>();
  for (const { command } of commands)
    if (command) latest.set(nameOf(command), Math.max(command.generation, latest.get(nameOf(command)) ?? 0));
  return latest;
}
