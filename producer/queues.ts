// What operators ask of queues: what waits in each, what is paused, which limits hold; and what they decide. Decisions are settings:
// every worker hears of them at once, and they hold until others are made.
import type { KafkaCluster } from '../platform/cluster.ts';
import { commandsLeft, stretchesOf } from '../platform/commands-left.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { ChangeSetting, Settings } from '../platform/settings.ts';
import { isLimit, type Limit } from '../schemas/limit.ts';
import { PutlogError } from '../schemas/problem.ts';
import { settingNames } from '../schemas/setting.ts';

/** Times in milliseconds since the epoch. `depth`: commands without an outcome, those that run included. */
export type QueueStatus = {
  name: string;
  types: string[];
  /** Null: it is not. */
  pausedAt: number | null;
  depth: number;
  /** When the oldest of them was put there; null: there is none. */
  oldestAt: number | null;
};

/** `changedAt` (milliseconds since the epoch) null: it is that of the definition. */
export type LimitStatus = { type: string; limit: Limit | null; changedAt: number | null };

/** @throws PutlogError unknown-queue, unknown-job-type, log-unavailable, outcome-unknown, overloaded */
export type Queues = ReturnType<typeof createQueues>;

export type QueuesTools = {
  jobs: ReadonlyMap<string, LoadedJob>;
  settings: Pick<Settings, 'get'>;
  changeSetting: ChangeSetting;
  cluster: Pick<KafkaCluster, 'committed' | 'offsets' | 'fetch'>;
  /** Of the workers. */
  group: string;
  /** The topics of a queue. */
  topicsOf: (queue: string) => readonly string[];
};

export function createQueues({ jobs, settings, changeSetting, cluster, group, topicsOf }: QueuesTools) {
  const definitions = [...jobs.values()].map(({ definition }) => definition);
  const typesOf = Map.groupBy(definitions, ({ queue }) => queue);
  const names = [...typesOf.keys()].sort();

  async function waitingInAll(topics: string[]) {
    const stretches = await stretchesOf(cluster, topics);
    return Promise.all(stretches.map((stretch) => commandsLeft(cluster, group, stretch)));
  }

  /** Job types. None: there is no such queue. */
  const typesIn = (name: string): string[] => (typesOf.get(name) ?? []).map(({ type }) => type).sort();

  async function status(name: string): Promise<QueueStatus> {
    const all = await logged(() => waitingInAll([...topicsOf(name)]));
    const times = all.flatMap(({ oldestAt }) => oldestAt ?? []);
    return {
      name,
      types: typesIn(name),
      pausedAt: settings.get(settingNames.queue(name))?.at ?? null,
      depth: all.reduce((sum, { depth }) => sum + depth, 0),
      oldestAt: times.length === 0 ? null : Math.min(...times),
    };
  }

  function known(name: string): string {
    if (typesOf.has(name)) return name;
    throw new PutlogError('unknown-queue', `there is no queue "${name}"; there are: ${names.join(', ')}`);
  }

  function limitOf(type: string): LimitStatus {
    const job = jobs.get(type);
    if (job === undefined) throw new PutlogError('unknown-job-type', `there is no job type "${type}"`);
    const setting = settings.get(settingNames.limit(type));
    if (setting === undefined || !isLimit(setting.value)) return { type, limit: job.definition.limit, changedAt: null };
    return { type, limit: setting.value, changedAt: setting.at };
  }

  return {
    typesIn,
    all: (): Promise<QueueStatus[]> => Promise.all(names.map(status)),
    one: (name: string): Promise<QueueStatus> => status(known(name)),
    /** What runs goes on; nothing else of the queue begins. Accepting goes on too. */
    async pause(name: string): Promise<QueueStatus> {
      const setting = settingNames.queue(known(name));
      if (settings.get(setting) === undefined) await changeSetting(setting, { paused: true });
      return status(name);
    },
    async resume(name: string): Promise<QueueStatus> {
      const setting = settingNames.queue(known(name));
      if (settings.get(setting) !== undefined) await changeSetting(setting, undefined);
      return status(name);
    },
    limits: (): LimitStatus[] => [...jobs.keys()].sort().map(limitOf),
    limitOf,
    /** Undefined: that of the definition again. */
    async setLimit(type: string, limit: Limit | undefined): Promise<LimitStatus> {
      limitOf(type);
      await changeSetting(settingNames.limit(type), limit);
      return limitOf(type);
    },
  };
}

/** @throws PutlogError log-unavailable */
async function logged<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new PutlogError('log-unavailable', 'Kafka does not say what waits in the queue; ask again', { cause });
  }
}
