// Repeats what fails because something is away for a while, with backoff, until it succeeds or nobody wants it any more.
// A short absence (a broker that has just started) is nobody's business; a longer one is told, and told again.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './log.ts';

export type PersistOptions = {
  log: Logger;
  /** What cannot be done meanwhile, as a clause for the log. */
  what: string;
  /** Errors that no repetition will mend: they are thrown at once. */
  final?: (error: unknown) => boolean;
  /** True: nobody wants it any more; the last error is thrown. */
  givenUp?: () => boolean;
  /** Milliseconds. */
  maxDelayMs?: number;
};

const quietFailures = 4;
const tellEvery = 20;

/** @throws what `final` names, or the last error once it is given up */
export async function persist<T>(attempt: () => T | Promise<T>, options: PersistOptions): Promise<T> {
  const { log, what, final, givenUp, maxDelayMs = 1_000 } = options;
  for (let failures = 1; ; failures++) {
    try {
      const result = await attempt();
      if (failures > quietFailures) log.info({ failures: failures - 1 }, `again: ${what}`);
      return result;
    } catch (error) {
      if (final?.(error) || givenUp?.()) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (failures % tellEvery === quietFailures) log.warn({ reason, failures }, `not yet: ${what}`);
      else log.debug({ err: error, failures }, `not yet: ${what}`);
      await delay(Math.min(maxDelayMs, 20 * 2 ** failures));
      if (givenUp?.()) throw error;
    }
  }
}
