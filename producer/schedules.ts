// Schedules as the routes see them: checked, written to the settings, and read from there with how far they are. A schedule is known
// here once it is in the log. Workers hear of it by themselves.
import { setImmediate as breath, setTimeout as delay } from 'node:timers/promises';
import { type CronTimes, checkedZone, cronTimes } from '../platform/cron-times.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { ScheduleState, ScheduleStates } from '../platform/schedule-states.ts';
import type { ChangeSetting, Known, Settings } from '../platform/settings.ts';
import { type TypePatterns, touches } from '../schemas/access.ts';
import { PutlogError } from '../schemas/problem.ts';
import {
  checkScheduleRequest,
  isSchedule,
  type Schedule,
  type ScheduleRequest,
  scheduleKey,
} from '../schemas/schedule.ts';
import { settingKinds, settingNames } from '../schemas/setting.ts';
import { refusePayload, refuseViolations } from '../schemas/value-check.ts';
import { createPayloadCheck } from './payload-check.ts';
import type { PersonalCalls } from './personal-calls.ts';
import { unknownJobType } from './refuse-submit.ts';
import { isOrderingKey, orderingKeyRule } from './submit-query.ts';

/** Times in milliseconds since the epoch; `next` are those that come, `state` undefined: nothing is known of it. */
export type ScheduleView = {
  id: string;
  schedule: Schedule;
  updatedAt: number;
  next: number[];
  state: ScheduleState | undefined;
};

export type Schedules = ReturnType<typeof createSchedules>;

export type SchedulesOptions = {
  jobs: ReadonlyMap<string, LoadedJob>;
  settings: Pick<Settings, 'get' | 'of'>;
  change: ChangeSetting;
  states: Pick<ScheduleStates, 'read'>;
  personal: Pick<PersonalCalls, 'seal' | 'open'>;
};

const shownTimes = 3;

/** How long a PUT waits for a state that it can do without (milliseconds). */
const patience = 500;

function faultOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

function nextTimes(cron: CronTimes, from: number, count: number): number[] {
  const times: number[] = [];
  for (let at = cron.next(from); at !== undefined && times.length < count; at = cron.next(at)) times.push(at);
  return times;
}

export function createSchedules({ jobs, settings, change, states, personal }: SchedulesOptions) {
  const nameOf = settingNames.schedule;

  /** @throws PutlogError invalid-schedule, invalid-payload */
  function checked(id: string, body: unknown, now: number): Omit<Schedule, 'createdAt' | 'since'> {
    const violations = checkScheduleRequest(body);
    if (violations.length > 0) refuseViolations('invalid-schedule', violations);
    const request = body as ScheduleRequest;
    const { cron, timeZone = 'UTC', type, payload, key = scheduleKey(id), paused = false } = request;
    const zoneFault = faultOf(() => checkedZone(timeZone));
    const cronFault = faultOf(() => {
      if (cronTimes(cron, zoneFault === undefined ? timeZone : 'UTC').next(now) === undefined)
        throw new TypeError('names no time that ever comes');
    });
    const definition = jobs.get(type)?.definition;
    const wrong = {
      '/cron': cronFault,
      '/timeZone': zoneFault,
      '/type': definition === undefined ? unknownJobType(type, jobs).message : undefined,
      '/key': isOrderingKey(key) ? undefined : orderingKeyRule,
    };
    const faults = Object.entries(wrong).flatMap(([pointer, detail]) => (detail ? [{ pointer, detail }] : []));
    if (definition === undefined || faults.length > 0) return refuseViolations('invalid-schedule', faults);
    const misfits = createPayloadCheck(definition)(payload);
    if (misfits.length > 0)
      refusePayload(misfits.map(({ pointer, detail }) => ({ pointer: `/payload${pointer}`, detail })));
    const { overlap = 'queue', missed = 'one' } = request;
    return { cron, timeZone, type, payload, key, overlap, missed, paused };
  }

  const read = (known: Known | undefined): Schedule | undefined =>
    known !== undefined && isSchedule(known.value) ? known.value : undefined;

  /** As it is kept: each of its jobs gets a copy of what is sealed. */
  async function sealed(id: string, asked: ReturnType<typeof checked>): Promise<ReturnType<typeof checked>> {
    const definition = jobs.get(asked.type)?.definition;
    const found = definition && (await personal.seal(definition, { type: asked.type, schedule: id }, asked.payload));
    return found === undefined ? asked : { ...asked, payload: found.payload };
  }

  async function viewOf(id: string, kept: Schedule, updatedAt: number, state?: ScheduleState): Promise<ScheduleView> {
    const { cron, timeZone, paused, type } = kept;
    const next = paused ? [] : nextTimes(cronTimes(cron, timeZone), Date.now(), shownTimes);
    const payload = await personal.open(jobs.get(type)?.definition, { type, schedule: id }, kept.payload);
    return { id, schedule: { ...kept, payload }, updatedAt, next, state };
  }

  async function statesOf(schedules: { id: string; schedule: Schedule }[]) {
    try {
      return await states.read(schedules);
    } catch (cause) {
      const detail = 'How far schedules are cannot be read right now. Try again in a few seconds.';
      throw new PutlogError('read-model-unavailable', detail, { cause, retryAfter: 2 });
    }
  }

  return {
    /**
     * Resolves once it is in the log. `mustBeNew`: the client said `If-None-Match: *`.
     * @throws PutlogError invalid-schedule, invalid-payload, precondition-failed, log-unavailable, outcome-unknown, overloaded,
     *   record-too-large, keys-unavailable
     */
    async put(id: string, body: unknown, mustBeNew: boolean): Promise<{ created: boolean; view: ScheduleView }> {
      const now = Date.now();
      const asked = await sealed(id, checked(id, body, now));
      const before = read(settings.get(nameOf(id)));
      if (mustBeNew && before !== undefined)
        throw new PutlogError('precondition-failed', `there is a schedule ${id}, and If-None-Match: * was asked`);
      // What changes when it runs, or where, begins now: no time before it runs.
      const same = (['cron', 'timeZone', 'paused', 'type', 'key'] as const).every(
        (name) => before?.[name] === asked[name],
      );
      const since = before !== undefined && same ? before.since : now;
      await change(nameOf(id), { ...asked, createdAt: before?.createdAt ?? now, since } satisfies Schedule);
      const known = settings.get(nameOf(id));
      const schedule = read(known) ?? { ...asked, createdAt: now, since };
      const state = states.read([{ id, schedule }]).catch(() => undefined);
      const found = await Promise.race([state, delay(patience, undefined, { ref: false })]);
      return { created: before === undefined, view: await viewOf(id, schedule, known?.at ?? now, found?.get(id)) };
    },

    /** @throws PutlogError read-model-unavailable, keys-unavailable */
    async find(id: string): Promise<ScheduleView | undefined> {
      const known = settings.get(nameOf(id));
      const schedule = read(known);
      if (known === undefined || schedule === undefined) return undefined;
      const found = await statesOf([{ id, schedule }]);
      return viewOf(id, schedule, known.at, found.get(id));
    },

    /** The job type of it; undefined: there is no such schedule. */
    typeOf: (id: string): string | undefined => read(settings.get(nameOf(id)))?.type,

    /** By id, of these types, at most `limit` after `after`. @throws PutlogError read-model-unavailable, keys-unavailable */
    async page(limit: number, after = '', types: TypePatterns = undefined): Promise<ScheduleView[]> {
      const all = settings.of(settingKinds.schedule).flatMap(([id, known]) => {
        const schedule = read(known);
        return schedule !== undefined && id > after && touches(types, schedule.type)
          ? [{ id, schedule, at: known.at }]
          : [];
      });
      const some = all.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
      const found = await statesOf(some);
      const views: ScheduleView[] = [];
      for (const { id, schedule, at } of some) {
        views.push(await viewOf(id, schedule, at, found.get(id)));
        // The times of one take some milliseconds, and others wait for the event loop.
        await breath();
      }
      return views;
    },

    /** False: there is none. @throws PutlogError log-unavailable, outcome-unknown, overloaded */
    async remove(id: string): Promise<boolean> {
      if (settings.get(nameOf(id)) === undefined) return false;
      await change(nameOf(id), undefined);
      return true;
    },
  };
}
