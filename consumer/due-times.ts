// Which times of a schedule run now. Pure but that it lets others at the event loop: `now` is given. What was due while a worker was
// there is late at most, and runs; what was due while none was is missed, and its policy decides.
import { setImmediate as breath } from 'node:timers/promises';
import type { CronTimes } from '../platform/cron-times.ts';
import type { Schedule } from '../schemas/schedule.ts';

/** `times` in order. `latest` is the last time that is decided, whether it runs or not; `left`: some do not run. */
export type DueTimes = { times: number[]; latest: number | undefined; left: boolean };

/**
 * What is to run of the times in (`after`, `now`]: all since `missedBefore`, and of those before it what the policy says; at most `most`,
 * the latest.
 */
export async function dueTimes(
  cron: CronTimes,
  { after, now, missedBefore }: { after: number; now: number; missedBefore: number },
  missed: Schedule['missed'],
  most: number,
): Promise<DueTimes> {
  const found: number[] = [];
  // Mostly it is one, and that is soon known.
  const first = cron.next(after);
  if (first === undefined || first > now) return { times: [], latest: undefined, left: false };
  if (first >= missedBefore && (cron.next(first) ?? Number.POSITIVE_INFINITY) > now)
    return { times: [first], latest: first, left: false };
  const missedMost = missed === 'skip' ? 0 : missed === 'one' ? 1 : most;
  let missedSoFar = 0;
  let latest: number | undefined;
  const all = (left: boolean): DueTimes => ({ times: found.reverse(), latest, left });
  for (let before = now + 1, count = 1; ; count = Math.min(32, 2 * count)) {
    const times = cron.previous(before, count);
    for (const time of times) {
      if (time <= after) return all(false);
      latest ??= time;
      if (found.length === most || (time < missedBefore && missedSoFar++ === missedMost)) return all(true);
      found.push(time);
    }
    if (times.length < count) return all(false);
    before = times.at(-1) ?? before;
    // A thousand of them take half a second, and others wait for the event loop.
    await breath();
  }
}
