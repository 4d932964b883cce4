// Which errors are MongoDB's for a while, and not the handler's: of a transaction that should simply be tried again, and of a server that
// is away or no longer the primary. By names and labels, because the driver is the caller's. Pure; exactly-once.ts asks it.
// https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md#error-labels

const labels = ['TransientTransactionError', 'UnknownTransactionCommitResult', 'RetryableWriteError'];
const names = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
  'MongoTopologyClosedError',
  'MongoWaitQueueTimeoutError',
]);
/** A handler may wrap what it gets. */
const deepestCause = 5;

/** True also of an error that has such a one as its cause. */
export function isPassing(thrown: unknown): boolean {
  for (let error = thrown, depth = 0; error instanceof Error && depth < deepestCause; error = error.cause, depth++) {
    if (names.has(error.name)) return true;
    const has = 'hasErrorLabel' in error ? error.hasErrorLabel : undefined;
    if (typeof has === 'function' && labels.some((label) => has.call(error, label) === true)) return true;
  }
  return false;
}
