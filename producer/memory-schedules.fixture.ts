// For tests: schedules whose settings and states are maps.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { ScheduleState } from '../platform/schedule-states.ts';
import type { Known } from '../platform/settings.ts';
import { createPersonalCalls } from './personal-calls.ts';
import { createSchedules } from './schedules.ts';

export function createMemorySchedules(
  jobs: ReadonlyMap<string, LoadedJob>,
  states: ReadonlyMap<string, ScheduleState> = new Map(),
) {
  const all = new Map<string, Known>();
  let offset = 0;
  return createSchedules({
    jobs,
    personal: createPersonalCalls({ data: undefined }),
    settings: {
      get: (name) => all.get(name),
      of: (kind) => [...all].map(([name, known]) => [name.slice(kind.length + 1), known]),
    },
    async change(name, value) {
      if (value === undefined) all.delete(name);
      else all.set(name, { value: JSON.parse(JSON.stringify(value)), at: Date.now(), offset: offset++ });
    },
    states: {
      read: async (schedules) => new Map([...states].filter(([id]) => schedules.some((one) => one.id === id))),
    },
  });
}
