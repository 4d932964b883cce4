// Fires timers when they are due: appends the command of each, then forgets it. One loop a worker, for the places that the
// worker owns. A timer is fired again where the worker died in between, or another still thinks that the place is its own: the
// claim of a run makes one of two such commands do nothing.

import type { Logger } from '../platform/log.ts';
import type { LogWriter } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import type { Cancelled } from './cancels.ts';
import { runRecord } from './put-off-run.ts';
import type { Timer, Timers } from './timers.ts';

export type FireTimersOptions = {
  timers: Timers;
  writer: Pick<LogWriter, 'append'>;
  /** Those that this worker owns now, as `topic/partition`. */
  places: () => string[];
  /** CloudEvents `source`. */
  source: string;
  log: Logger;
  fatal: (error: unknown) => void;
};

/** Another may have kept a timer for a place that has become ours since (milliseconds). */
const lookEvery = 1_000;

/** In one round trip. */
const mostCancels = 500;

export function fireTimers({ timers, writer, places, source, log, fatal }: FireTimersOptions) {
  let wake: NodeJS.Timeout | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;
  let firing: Promise<void> | undefined;
  let closed = false;
  const givenUp = () => closed;

  function wakeAt(at: number) {
    if (closed || firing !== undefined || at >= wakesAt) return;
    clearTimeout(wake);
    wakesAt = at;
    wake = setTimeout(begin, Math.max(0, at - Date.now()));
  }

  function begin() {
    wakesAt = Number.POSITIVE_INFINITY;
    firing = fire().then(
      (next) => {
        firing = undefined;
        wakeAt(next);
      },
      (error) => {
        if (!closed) fatal(error);
      },
    );
  }

  /** Fires all that is due. Resolves to when to look again. */
  async function fire(): Promise<number> {
    let appended: Promise<unknown> = Promise.resolve();
    let forgotten: Promise<unknown> = appended;
    try {
      for (let behind: Timer | undefined; ; ) {
        const at = places();
        if (at.length === 0) return Date.now() + lookEvery;
        const look = () => timers.due(at, Date.now(), behind);
        const due = await persist(look, { log, what: 'look for timers that are due', givenUp });
        // Some are read while others are appended, and others forgotten.
        await appended;
        if (due.length === 0) {
          if (behind === undefined) break;
          // From the first one on again: of those that came meanwhile one may stand further in front.
          behind = undefined;
          await forgotten;
          continue;
        }
        behind = due.at(-1);
        appended = append(due);
        forgotten = Promise.all([forgotten, appended]).then(() => forget(due));
      }
    } finally {
      await forgotten;
    }
    const next = await persist(() => timers.next(places()), { log, what: 'look for the next timer', givenUp });
    return Math.min(next ?? Number.POSITIVE_INFINITY, Date.now() + lookEvery);
  }

  function append(due: readonly Timer[]) {
    const now = Date.now();
    const all = () => Promise.all(due.map((timer) => writer.append(runRecord(timer, source, now))));
    return persist(all, { log, what: 'fire timers', givenUp });
  }

  const forget = (due: readonly Timer[]) =>
    persist(() => timers.forget(due), { log, what: 'forget timers that were fired', givenUp });

  timers.onKept(wakeAt);
  wakeAt(Date.now());
  return {
    /** What these cancels are about is due now. */
    async hasten(cancelled: readonly Cancelled[]): Promise<void> {
      for (let from = 0; from < cancelled.length; from += mostCancels)
        await timers.hasten(cancelled.slice(from, from + mostCancels));
      wakeAt(Date.now());
    },
    /** Nothing is fired after it. */
    async close(): Promise<void> {
      closed = true;
      clearTimeout(wake);
      await firing;
    },
  };
}
