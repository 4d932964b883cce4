// What operators have decided about the queues and types of this worker, as the settings have it now: which queues are paused, and the
// limit of a type, from its setting or else from its definition.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import type { Settings } from '../platform/settings.ts';
import { isLimit, type Limit } from '../schemas/limit.ts';
import { settingKinds, settingNames } from '../schemas/setting.ts';

export type DecidedOptions = {
  settings: Pick<Settings, 'get' | 'of' | 'onChange'>;
  jobs: ReadonlyMap<string, LoadedJob>;
  /** The topics of a queue. */
  topicsOf: (queue: string) => readonly string[];
  log: Logger;
};

/** Kept at hand: it is asked about every job. */
export function createDecided({ settings, jobs, topicsOf, log }: DecidedOptions) {
  const pausedTopics = () => new Set(settings.of(settingKinds.queue).flatMap(([queue]) => topicsOf(queue)));
  let paused = pausedTopics();
  const limits = new Map<string, Limit | undefined>();

  function readLimit(type: string): Limit | undefined {
    const given = settings.get(settingNames.limit(type))?.value;
    if (isLimit(given)) return given;
    if (given !== undefined) log.error({ type, given }, 'a setting is no limit; the limit of the definition holds');
    return jobs.get(type)?.definition.limit ?? undefined;
  }

  settings.onChange(() => {
    paused = pausedTopics();
    limits.clear();
  });
  return {
    isPaused: (topic: string): boolean => paused.has(topic),
    limitOf(type: string): Limit | undefined {
      if (!limits.has(type)) limits.set(type, readLimit(type));
      return limits.get(type);
    },
  };
}
