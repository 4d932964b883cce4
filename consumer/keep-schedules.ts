// Keeps how far schedules are: what is known here at once, and in MongoDB as soon as it takes it. Firing does not wait for it: whoever
// fires a time again because it was not kept does no harm.
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import type { ScheduleState, ScheduleStates } from '../platform/schedule-states.ts';
import type { BookedSchedule } from './schedule-book.ts';

type Kept = Pick<BookedSchedule, 'id' | 'schedule'> & { state: ScheduleState };

export type KeepSchedulesOptions = {
  states: Pick<ScheduleStates, 'read' | 'save' | 'begun' | 'forget'>;
  log: Logger;
  fatal: (error: unknown) => void;
};

export function keepSchedules({ states, log, fatal }: KeepSchedulesOptions) {
  /** By schedule, what MongoDB may not have yet. */
  const unsaved = new Map<string, Kept>();
  let saving: Promise<void> | undefined;
  let closed = false;
  const givenUp = () => closed;

  async function save() {
    while (unsaved.size > 0) {
      const batch = [...unsaved.values()];
      await persist(() => states.save(batch), { log, what: 'keep how far schedules are', givenUp });
      for (const kept of batch) if (unsaved.get(kept.id) === kept) unsaved.delete(kept.id);
    }
  }

  return {
    keep(id: string, schedule: Kept['schedule'], state: ScheduleState): void {
      unsaved.set(id, { id, schedule, state });
      saving ??= save()
        .catch((error: unknown) => {
          if (!closed) fatal(error);
        })
        .finally(() => {
          saving = undefined;
        });
    },

    /** How far each of these is, by id. Waits while MongoDB is away. @throws the last error once it is given up */
    read: (schedules: readonly BookedSchedule[]): Promise<Map<string, ScheduleState>> =>
      persist(
        async () => {
          const [begun, found] = await Promise.all([states.begun(), states.read(schedules)]);
          return new Map(
            schedules.map(({ id, schedule }) => {
              const { createdAt } = schedule;
              const mine = unsaved.get(id);
              // What is older than all that is kept may have been fired until then.
              const kept = found.get(id) ?? { until: Math.max(createdAt, begun), job: null, skipped: 0 };
              const isLater = mine?.schedule.createdAt === createdAt && mine.state.until > kept.until;
              return [id, isLater ? mine.state : kept];
            }),
          );
        },
        { log, what: 'learn how far schedules are', givenUp },
      ),

    /** It is deleted. Where MongoDB is away just now a document stays that nobody reads. */
    forget(id: string, schedule: Kept['schedule']): void {
      unsaved.delete(id);
      const failed = (error: unknown) => log.debug({ err: error, schedule: id }, 'how far it was is left behind');
      Promise.resolve(saving)
        .then(() => states.forget(id, schedule))
        .catch(failed);
    },

    /** After one last try. */
    async close(): Promise<void> {
      closed = true;
      await saving;
      if (unsaved.size === 0) return;
      const lost = (error: unknown) => log.warn({ err: error }, 'how far schedules are could not be kept');
      await states.save([...unsaved.values()]).catch(lost);
    },
  };
}
