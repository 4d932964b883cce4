// Which schedules there are for this worker, as the settings have them now: those that are not paused, of types that it knows, each
// with its times and with the partition of which the owner fires it. The loop that fires them asks.
import { type CronTimes, cronTimes } from '../platform/cron-times.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import { partitionOf } from '../platform/partition-of.ts';
import type { Known, SettingChange, Settings } from '../platform/settings.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { isSchedule, type Schedule } from '../schemas/schedule.ts';
import { settingKinds, settingNames } from '../schemas/setting.ts';

/** `topic` and `partition`: of the commands of its jobs. */
export type BookedSchedule = { id: string; schedule: Schedule; cron: CronTimes; topic: string; partition: number };

export type ScheduleBookOptions = {
  settings: Pick<Settings, 'of' | 'onChange'>;
  jobs: ReadonlyMap<string, LoadedJob>;
  topicOf: (job: JobDefinition) => string;
  /** Of each topic. */
  partitions: number;
  log: Logger;
};

/** `changed` is told of each one that is there, then of each that comes, changes or goes; `deleted` is what it was. */
export function openScheduleBook(
  { settings, jobs, topicOf, partitions, log }: ScheduleBookOptions,
  changed: (id: string, booked: BookedSchedule | undefined, deleted: Schedule | undefined) => void,
): void {
  function booked(id: string, value: unknown): BookedSchedule | undefined {
    if (!isSchedule(value)) {
      log.error({ schedule: id }, 'a setting is no schedule; it is passed over');
      return undefined;
    }
    if (value.paused) return undefined;
    const job = jobs.get(value.type);
    if (job === undefined) {
      // Of its queue nothing is known here: a worker that knows the type fires it, or none does.
      log.warn({ schedule: id, type: value.type }, 'a schedule is of a type that is not known here; it is not fired');
      return undefined;
    }
    try {
      const cron = cronTimes(value.cron, value.timeZone);
      const partition = partitionOf(Buffer.from(value.key), partitions);
      return { id, schedule: value, cron, topic: topicOf(job.definition), partition };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      log.error({ schedule: id, err: error }, 'the times of a schedule are not understood here; it is not fired');
      return undefined;
    }
  }

  const begins = settingNames.schedule('');
  const latest = new Map<string, Schedule>();

  function take(id: string, known: Known | undefined) {
    const before = latest.get(id);
    if (isSchedule(known?.value)) latest.set(id, known.value);
    else latest.delete(id);
    if (known === undefined) changed(id, undefined, before);
    else changed(id, booked(id, known.value), undefined);
  }

  settings.onChange(({ name, known }: SettingChange) => {
    if (name.startsWith(begins)) take(name.slice(begins.length), known);
  });
  for (const [id, known] of settings.of(settingKinds.schedule)) take(id, known);
}
