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
/** Interrupted, as by whoever has taken the partition over; what that has ended is found ended. */
const interrupted = 11_601;
/** A handler may wrap what it gets. */
const deepestCause = 5;

/** NoSuchTransaction. */
const noSuchTransaction = 251;

function* causesOf(thrown: unknown): Generator<Error> {
  for (let error = thrown, depth = 0; error instanceof Error && depth < deepestCause; error = error.cause, depth++)
    yield error;
}

/** True also of an error that has such a one as its cause. */
export function isPassing(thrown: unknown): boolean {
  for (const error of causesOf(thrown)) {
    if (names.has(error.name) || ('code' in error && error.code === interrupted)) return true;
    const has = 'hasErrorLabel' in error ? error.hasErrorLabel : undefined;
    if (typeof has === 'function' && labels.some((label) => has.call(error, label) === true)) return true;
  }
  return false;
}

/**
 * MongoDB had ended the transaction: after a write that failed and whose error the handler has caught, after a minute, or because the
 * server is another one. It passes as well, but not if it comes again and again.
 */
export const isEnded = (thrown: unknown): boolean =>
  causesOf(thrown).some((error) => 'code' in error && error.code === noSuchTransaction);
