/** Where a test finds the stack of its run: `inject('stack')`, provided by global-setup.ts. */
export type StackAddresses = {
  /** `host:port[,host:port]` */
  readonly brokers: string;
  /** Of the Confluent API, without a slash at its end. */
  readonly registryUrl: string;
  /** Tests put their own database name in. */
  readonly mongoUri: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackAddresses;
  }
}
