// What the log says of the jobs of a schedule: the times that they are for, read from their ids, and how each ended.
import { type SeenRecord, terminalEvents } from './event-log.ts';

/** Seconds since the epoch, and the terminal events of the job for that time. */
export type SeenTime = { at: number; ends: string[] };

const name = /^[^/]+\/(.+)\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** By schedule, in the order of the times. `records`: of the events. */
export function timesSeen(records: readonly SeenRecord[]): Map<string, SeenTime[]> {
  const seen = new Map<string, SeenTime[]>();
  for (const [subject, ends] of terminalEvents(records)) {
    const [, schedule, ...parts] = name.exec(subject) ?? [];
    if (schedule === undefined) continue;
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
    const at = Date.UTC(year, month - 1, day, hour, minute, second) / 1_000;
    seen.set(schedule, [...(seen.get(schedule) ?? []), { at, ends }]);
  }
  for (const times of seen.values()) times.sort((a, b) => a.at - b.at);
  return seen;
}

/** The seconds between the first and the last that are not there. */
export function secondsMissing(times: readonly SeenTime[]): number[] {
  const there = new Set(times.map(({ at }) => at));
  const [first = 0, last = 0] = [times[0]?.at, times.at(-1)?.at];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((at) => !there.has(at));
}
