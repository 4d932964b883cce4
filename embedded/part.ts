/**
 * What Kafka, the registry and mongod have in common: how each is prepared, started and asked whether it
 * answers. The three `*-part.ts` files make one each; part-process.ts runs them.
 */
export type PartName = UsualPart | BrokerName;

export type UsualPart = (typeof partNames)[number];

/** Of a stack as `npm start` has it. */
export const partNames = ['kafka', 'registry', 'mongod'] as const;

export type BrokerName = (typeof brokerNames)[number];

/** Where a stack has more than one broker: one cluster, their node ids being 1, 2 and 3. */
export const brokerNames = ['kafka', 'kafka-2', 'kafka-3'] as const;

export const brokersOf = (parts: readonly PartName[]): BrokerName[] =>
  brokerNames.filter((broker) => parts.includes(broker));

export const isBroker = (name: PartName): name is BrokerName => brokerNames.some((broker) => broker === name);

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
