// What a fault of the suite is, and what it may use. The files in `scenarios/` export them, run-scenario.ts runs them.
import type { FaultStack } from './fault-stack.ts';
import type { FaultSystem, SystemSettings } from './fault-system.ts';
import type { Breach, Deleted } from './invariants-history.ts';
import type { Load } from './load.ts';
import type { ProcessHandle } from './process-handle.ts';
import type { Log } from './reader.ts';
import type { SmallDisk } from './small-disk.ts';

export type Scenario = {
  /** Several faults of one kind: F8, F8b. */
  readonly id: `F${number}${'' | 'b' | 'c' | 'd'}`;
  readonly name: string;
  /** Numbers of the invariants that it attacks most; all that can be checked always are. */
  readonly holds: readonly number[];
  /** One of those that are quick enough for every change. */
  readonly inCi: boolean;
  readonly system?: SystemSettings;
  /** Settings of a broker of its own. */
  readonly broker?: Readonly<Record<string, string | number>>;
  /** A disk of its own, of so many bytes, for the log of a broker of its own. */
  readonly disk?: number;
  /** Milliseconds that `run` may take; 300 s unless told. */
  readonly deadlineMs?: number;
  /** So long that it runs with the first seed only, after all others. */
  readonly once?: boolean;
  /** Its load is in the normal lane alone. */
  readonly oneLane?: boolean;
  /** How many brokers it needs: 1 unless told. */
  readonly brokers?: 1 | 3;
  /**
   * Does its fault while load runs, and resolves to what it saw ('fenced: yes').
   * @throws Error when the fault itself could not be made, or what must be seen of it was not
   */
  run(context: FaultContext): Promise<string>;
};

export type FaultContext = {
  /** [0, 1), from the seed. */
  readonly random: () => number;
  readonly system: FaultSystem;
  readonly stack: FaultStack;
  readonly load: Load;
  /** Under the broker's log, where the scenario asked for one. */
  readonly disk?: SmallDisk;
  /** Goes into the report, with its time. */
  note(text: string): void;
  /** The fault is over: from here the recovery is measured. The last call counts. */
  healed(): void;
  /** Records that the scenario wrote to the log past the api, and that no worker can decode. */
  poison(records: readonly Poison[]): void;
  /** All of the log so far, as a plain reader sees it. What is read here is known to every check, deleted or not. */
  readLog(): Promise<Log>;
  /** Records that were deleted before they were read: the only ones for which an invariant makes an exception. All so far. */
  deleted(records?: Partial<Deleted>): Deleted;
  /** What must hold in this fault alone, and does not; with the number of the invariant that it belongs to. */
  breach(breach: Breach): void;
  /** SIGTERM; how and how soon the process ends is checked. Resolves to its exit code, -1 where it had to be killed. */
  terminate(handle: ProcessHandle): Promise<number>;
};

export type Poison = { topic: string; partition: number; offset: number };

/** Fails a scenario whose fault was not made, or not seen: a fault that did not happen proves nothing. */
export function must(seen: boolean, what: string): asserts seen {
  if (!seen) throw new Error(`the fault did not work as meant: ${what}`);
}
