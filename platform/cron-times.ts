// When a cron expression is due, in a time zone: the one place that knows croner. What has one hour and one minute a day (no `*` and no
// step there) keeps to the clock on the wall: a time that daylight saving leaves out is due when the clock has jumped, one that
// comes twice is due the first time. What repeats within the day keeps to real time: an hour that comes twice counts twice.
import { Cron } from 'croner';

/** Times are whole seconds, in milliseconds since the epoch. */
export type CronTimes = {
  /** The first one after `after`; undefined: there is none any more. */
  next(after: number): number | undefined;
  /** At most `count` before `before`, the latest first. */
  previous(before: number, count: number): number[];
};

/** @throws TypeError that says what is wrong */
export function cronTimes(expression: string, timeZone: string): CronTimes {
  const zone = checkedZone(timeZone);
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6)
    throw new TypeError('must have five fields (minute hour day month weekday), or six with the second before them');
  const cron = parsed(fields.join(' '), zone);
  return {
    next: (after) => cron.nextRun(new Date(after))?.getTime(),
    previous: (before, count) => cron.previousRuns(count, new Date(before)).map((time) => time.getTime()),
  };
}

/** An IANA name. @throws TypeError */
export function checkedZone(name: string): string {
  try {
    // An offset such as +01:00 is no zone: it does not know of daylight saving.
    if (/^[A-Za-z]/.test(name)) return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch (cause) {
    throw new TypeError(notAZone, { cause });
  }
  throw new TypeError(notAZone);
}

const notAZone = 'must be the IANA name of a time zone, such as Europe/Berlin';

function parsed(expression: string, timezone: string): Cron {
  try {
    return new Cron(expression, { timezone, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : String(cause);
    throw new TypeError(reason, { cause });
  }
}
