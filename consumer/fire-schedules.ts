// Fires schedules when they are due: one loop a worker, for those whose partition the worker owns. What it knows of how far they are
// it reads when a partition has come, and whenever it is late: another may have fired meanwhile.
import { setImmediate as breath } from 'node:timers/promises';
import type { ScheduleState, ScheduleStates } from '../platform/schedule-states.ts';
import { dueTimes } from './due-times.ts';
import { type FireScheduleTools, fireSchedule } from './fire-schedule.ts';
import { keepSchedules } from './keep-schedules.ts';
import { placeText } from './put-off-run.ts';
import { type BookedSchedule, openScheduleBook, type ScheduleBookOptions } from './schedule-book.ts';

export type FireSchedulesOptions = Omit<FireScheduleTools, 'givenUp'> &
  ScheduleBookOptions & {
    states: ScheduleStates;
    /** Those that this worker owns now, as `topic/partition`. */
    places: () => string[];
    /** Since when this process is there (milliseconds since the epoch). */
    startedAt: number;
    fatal: (error: unknown) => void;
  };

/** `state` undefined: unknown, or another's. Times in milliseconds since the epoch. */
type Entry = BookedSchedule & {
  state: ScheduleState | undefined;
  nextAt: number;
  busy: boolean;
  lookedAt: number;
  /** Since when this process has heeded it without a gap. */
  thereSince: number;
  deleted: boolean;
};

/** A partition may have come (milliseconds). */
const lookEvery = 250;
/** What was due so long before somebody was there is late, and not missed (milliseconds). */
const lateMs = 10_000;
/** After so long another may be the owner (milliseconds). */
const doubtMs = 1_000;
/** Of what was missed. */
const most = 1_000;

export function fireSchedules({ states, places, startedAt, fatal, ...tools }: FireSchedulesOptions) {
  const { log } = tools;
  const entries = new Map<string, Entry>();
  const working = new Set<Promise<void>>();
  let closed = false;
  let wake: NodeJS.Timeout | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;
  const keeper = keepSchedules({ states, log, fatal });
  const firing = { ...tools, givenUp: () => closed };

  function look() {
    const now = Date.now();
    const owned = new Set(places());
    const unread: Entry[] = [];
    wakesAt = Number.POSITIVE_INFINITY;
    wakeAt(now + lookEvery);
    for (const entry of entries.values()) {
      if (entry.busy) continue;
      if (now - entry.lookedAt > lateMs) entry.thereSince = now;
      entry.lookedAt = now;
      if (!owned.has(placeText(entry))) entry.state = undefined;
      else if (entry.state === undefined) unread.push(entry);
      else if (entry.nextAt <= now) work([entry], () => fire(entry));
      else wakeAt(entry.nextAt);
    }
    if (unread.length > 0) work(unread, () => read(unread));
  }

  function wakeAt(at: number) {
    if (closed || at >= wakesAt) return;
    clearTimeout(wake);
    wakesAt = at;
    wake = setTimeout(look, Math.max(0, at - Date.now()));
  }

  function work(some: Entry[], task: () => Promise<void>) {
    for (const entry of some) entry.busy = true;
    const done = task()
      .catch((error: unknown) => {
        if (!closed) fatal(error);
      })
      .finally(() => {
        working.delete(done);
        for (const entry of some) {
          entry.busy = false;
          wakeAt(entry.nextAt);
        }
      });
    working.add(done);
  }

  const isGone = (entry: Entry) => closed || entries.get(entry.id) !== entry;

  async function read(some: Entry[]) {
    const found = await keeper.read(some);
    for (const entry of some) {
      know(entry, found.get(entry.id));
      // The next time of one takes half a millisecond, and others wait for the event loop.
      await breath();
    }
  }

  function know(entry: Entry, state: ScheduleState | undefined) {
    entry.state = state;
    if (state !== undefined) entry.nextAt = entry.cron.next(decidedOf(entry, state)) ?? Number.POSITIVE_INFINITY;
  }

  const decidedOf = ({ schedule }: Entry, { until }: ScheduleState) => Math.max(schedule.since, until);

  async function fire(entry: Entry) {
    const { id, schedule, cron } = entry;
    if (Date.now() - entry.nextAt > doubtMs) know(entry, (await keeper.read([entry])).get(id));
    let { state } = entry;
    const now = Date.now();
    if (state === undefined || entry.nextAt > now) return;
    const window = { after: decidedOf(entry, state), now, missedBefore: entry.thereSince - lateMs };
    const due = await dueTimes(cron, window, schedule.missed, most);
    if (due.left) log.warn({ schedule: id, missed: schedule.missed, runs: due.times.length }, 'times were missed');
    for (const at of due.times) {
      if (isGone(entry)) return;
      state = await fireSchedule(firing, entry, at, state);
      if (!entry.deleted) keeper.keep(id, schedule, state);
    }
    if (due.latest !== undefined && due.latest > state.until) {
      state = { ...state, until: due.latest };
      keeper.keep(id, schedule, state);
    }
    know(entry, state);
  }

  openScheduleBook(tools, (id, booked, deleted) => {
    const before = entries.get(id);
    entries.delete(id);
    if (deleted) {
      if (before) before.deleted = true;
      keeper.forget(id, deleted);
    }
    if (booked === undefined) return;
    const now = Date.now();
    const fresh = { state: undefined, nextAt: Number.POSITIVE_INFINITY, busy: false, lookedAt: now, deleted: false };
    entries.set(id, { ...booked, ...fresh, thereSince: before?.thereSince ?? startedAt });
  });
  wakeAt(Date.now());
  return {
    /** Nothing is fired after it. */
    async close(): Promise<void> {
      closed = true;
      clearTimeout(wake);
      await Promise.all(working);
      await keeper.close();
    },
  };
}
