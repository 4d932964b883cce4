// Ends a process that stands still: records wait in the log, it should be taking them, and for minutes it has not. A bug of
// ours or of a library then costs a restart and not a queue. Worker and projector each have one.
import type { Logger } from './log.ts';

/** `at`: first offset not taken; `end`: the log's. `busy`: it is not expected to take more right now. */
export type Progress = { name: string; at: number; end: number; busy: boolean };

export type WatchdogOptions = {
  /** Rejects while Kafka or MongoDB is away: waiting for them is not standing still. */
  look: () => Promise<Progress[]>;
  stuck: (error: Error) => void;
  log: Logger;
  /** Milliseconds. */
  everyMs?: number;
  stuckMs?: number;
};

/** What stands still, given every look so far. `now` on the monotonic clock, in milliseconds. */
export function createStandstill(stuckMs: number) {
  let since = new Map<string, { at: number; now: number }>();
  return {
    /** Names of what has not moved for so long though it should. */
    seen(progress: readonly Progress[], now: number): string[] {
      const before = since;
      since = new Map();
      for (const { name, at, end, busy } of progress) {
        if (busy || at >= end) continue;
        const last = before.get(name);
        since.set(name, last?.at === at ? last : { at, now });
      }
      return [...since].filter(([, last]) => now - last.now >= stuckMs).map(([name]) => name);
    },
    /** Nothing can be said of the time until the next look. */
    unknown: () => since.clear(),
  };
}

export function startWatchdog({ look, stuck, log, everyMs = 15_000, stuckMs = 120_000 }: WatchdogOptions) {
  const standstill = createStandstill(stuckMs);
  let looking = false;

  async function check() {
    if (looking) return standstill.unknown();
    looking = true;
    try {
      const names = standstill.seen(await look(), performance.now());
      if (names.length > 0) stuck(new Error(`no progress for ${stuckMs} ms though records wait: ${names.join(', ')}`));
    } catch (error) {
      standstill.unknown();
      log.debug({ err: error }, 'progress cannot be looked at');
    } finally {
      looking = false;
    }
  }
  const timer = setInterval(check, everyMs).unref();
  return { close: () => clearInterval(timer) };
}
