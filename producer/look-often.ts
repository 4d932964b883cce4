// Looks at something again and again beside the path of requests, one look at a time. queue-room and type-lag call it.

/** @param look never rejects */
export function lookOften(look: () => Promise<void>, everyMs: number) {
  let looking: Promise<void> | undefined;

  function lookOnce(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }
  const timer = setInterval(lookOnce, everyMs).unref();

  return {
    /** Now, or with the look that is under way. Never rejects. */
    look: lookOnce,
    close: () => clearInterval(timer),
  };
}
