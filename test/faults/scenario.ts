// What a fault of the suite is, and what it may use. The files in `scenarios/` export them, run-scenario.ts runs them.
import type { FaultStack } from './fault-stack.ts';
import type { FaultSystem, SystemSettings } from './fault-system.ts';
import type { Termination } from './invariants-history.ts';
import type { Load } from './load.ts';

export type Scenario = {
  readonly id: `F${number}`;
  readonly name: string;
  /** Numbers of the invariants that it attacks most; all that can be checked always are. */
  readonly holds: readonly number[];
  /** One of those that are quick enough for every change. */
  readonly inCi: boolean;
  readonly system?: SystemSettings;
  /** Settings of a broker of its own. */
  readonly broker?: Readonly<Record<string, string | number>>;
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
  /** Goes into the report, with its time. */
  note(text: string): void;
  /** The fault is over: from here the recovery is measured. The last call counts. */
  healed(): void;
  /** Records that the scenario wrote to the log past the api, and that no worker can decode. */
  poison(records: readonly Poison[]): void;
  /** A SIGTERM that the scenario sent: how the process ended, after how many milliseconds; -1: it had to be killed. */
  terminated(termination: Termination): void;
};

export type Poison = { topic: string; partition: number; offset: number };

/** Fails a scenario whose fault was not made, or not seen: a fault that did not happen proves nothing. */
export function must(seen: boolean, what: string): asserts seen {
  if (!seen) throw new Error(`the fault did not work as meant: ${what}`);
}
