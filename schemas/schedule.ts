// Schedule: a call that is made again and again, at the times of a cron expression. It is a setting (`schedule/<id>`): the producer
// writes it, the workers follow it. The id of each job says which time it is for, so however often that time is fired, it is one job.
import { type Static, Type } from 'typebox';
import { createValueCheck } from './value-check.ts';

const time = Type.Integer({ description: 'Milliseconds since the epoch' });

/** As a client writes it, and what it leaves out. */
const told = {
  cron: Type.String({ minLength: 1, maxLength: 200 }),
  timeZone: Type.String({ minLength: 1, maxLength: 100 }),
  type: Type.String(),
  payload: Type.Unknown(),
  key: Type.String(),
  /**
   * What becomes of a time while the job of an earlier one is not over: it is left out, its job waits behind the other one, or the other
   * one is cancelled.
   */
  overlap: Type.Enum(['skip', 'queue', 'cancel-old']),
  /** What becomes of the times that nobody could heed: none runs, the latest, or each. */
  missed: Type.Enum(['skip', 'one', 'all']),
  paused: Type.Boolean(),
};

export const scheduleRequestSchema = Type.Object(
  {
    ...{ cron: told.cron, timeZone: Type.Optional(told.timeZone), type: told.type, payload: told.payload },
    ...{ key: Type.Optional(told.key), overlap: Type.Optional(told.overlap), missed: Type.Optional(told.missed) },
    paused: Type.Optional(told.paused),
  },
  { additionalProperties: false },
);
export type ScheduleRequest = Static<typeof scheduleRequestSchema>;
export const checkScheduleRequest = createValueCheck(scheduleRequestSchema);

const scheduleSchema = Type.Object({
  ...told,
  createdAt: time,
  /** When it was last told when to run: no time before it counts. */
  since: time,
});
/** Value of the setting. `key` is the ordering key of all its jobs. */
export type Schedule = Static<typeof scheduleSchema>;
const checkSchedule = createValueCheck(scheduleSchema);
export const isSchedule = (value: unknown): value is Schedule => checkSchedule(value).length === 0;

const longestId = 180;
const idPattern = new RegExp(`^[A-Za-z0-9._~-]{1,${longestId}}$`);
/** Short enough for the time that is added to it. */
export const isScheduleId = (id: string): boolean => idPattern.test(id);
export const scheduleIdRule = `the id of a schedule is 1 to ${longestId} characters of A–Z a–z 0–9 . _ ~ -`;

/** Calls with it run one after the other, in the order of their times. */
export const scheduleKey = (id: string): string => `schedule/${id}`;

/** `<schedule>.20261121T030000Z`: the id of the job for a time (milliseconds since the epoch). */
export const scheduledJobId = (schedule: string, at: number): string =>
  `${schedule}.${new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')}`;
