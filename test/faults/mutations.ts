// The guards that the promises rest on, each with the words that take it out of the source and the faults that must then
// be noticed. mutate.ts applies them to a copy; words that are not found exactly once stop it.

export type Mutation = {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Scenarios of which at least one must find a breach. */
  readonly caughtBy: readonly string[];
};

export const mutations: readonly Mutation[] = [
  {
    name: 'a new owner writes under a producer id of its own, which fences nobody',
    file: 'platform/log-writer.ts',
    from: 'await cluster.initProducerId(identity ?? null)',
    to: 'await cluster.initProducerId(null)',
    caughtBy: ['F4'],
  },
  {
    name: 'the fence is written under another producer id than the outcomes',
    file: 'consumer/take-over.ts',
    from: 'const appendFence = () =>',
    to: 'const other = await openLogWriter({ cluster, log }); const appendFence = (writer = other) =>',
    caughtBy: ['F4'],
  },
  {
    name: 'a batch is sent again under a new sequence',
    file: 'platform/append-queue.ts',
    from: 'if (batch !== undefined) batch.uncertain = true;',
    to: 'if (batch !== undefined) batch.firstSequence = sequence = sequence + batch.entries.length;',
    caughtBy: ['F2'],
  },
  {
    name: 'every command gets its claim',
    file: 'consumer/claims.ts',
    from: 'if (claim.position !== request.position)',
    to: 'if (Number(1) === 2)',
    caughtBy: ['F1'],
  },
  // The same guard in front of MongoDB hardly ever decides, because calls wait for their event: projections/write-jobs.int.test.ts attacks it.
  {
    name: 'an older status overwrites a newer one',
    file: 'schemas/merge-jobs.ts',
    from: 'a === undefined || isNewer(b, a) ? b : a',
    to: 'a === undefined || isNewer(b, a) || Number(1) === 1 ? b : a',
    caughtBy: ['F11'],
  },
];
