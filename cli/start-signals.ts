/**
 * Turns SIGINT, SIGTERM and SIGHUP into "stop in order" the first time and "stop at once" the second time. Called by
 * start.ts, which releases the handlers at its end.
 */
export type StopSignals = {
  readonly stop: AbortSignal;
  /** Whether the second one came. */
  readonly now: AbortSignal;
  readonly release: () => void;
};

/** Ctrl-C under npm arrives twice: from the terminal and passed on by npm. That is one wish. */
const oneWishMs = 500;

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function listenForSignals(): StopSignals {
  const stop = new AbortController();
  const now = new AbortController();
  let first = 0;
  const handle = (name: NodeJS.Signals) => {
    if (!stop.signal.aborted) {
      first = performance.now();
      stop.abort(name);
    } else if (performance.now() - first > oneWishMs) {
      now.abort(name);
    }
  };
  for (const name of names) process.on(name, handle);
  return {
    stop: stop.signal,
    now: now.signal,
    release: () => {
      for (const name of names) process.off(name, handle);
    },
  };
}
