/**
 * What Kafka, the registry and mongod have in common: how each is prepared, started and asked whether it
 * answers. The three `*-part.ts` files make one each; part-process.ts runs them.
 */
export type PartName = 'kafka' | 'registry' | 'mongod';

export const partNames: readonly PartName[] = ['kafka', 'registry', 'mongod'];

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
};

export type Part = {
  readonly name: PartName;
  /** What clients are given: `host:port`, a URL or a connection string. */
  readonly address: string;
  /** Runs before every start: directories, configuration, formatting. */
  readonly prepare: () => Promise<void>;
  readonly command: Command;
  /** One try: true once clients are served; false or a rejection means "not yet". */
  readonly answers: () => Promise<boolean>;
};
