// Runs one projection inside the projector process: a consumer group of its own, so that one that is made again from the first record, or
// that fails, holds up no other, and job status least of all. main.ts starts one for each.
import type { Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import type { PreparedLog } from '../platform/prepare-log.ts';
import { projectionStore } from '../platform/projection-store.ts';
import type { Progress } from '../platform/watchdog.ts';
import type { Change, ProjectionDefinition } from '../schemas/define-projection.ts';
import { projectionGroup } from '../schemas/topics.ts';
import { createChangeFlusher } from './change-flusher.ts';
import { createProjectionFold, ProjectionFault, topicsOf } from './projection-fold.ts';
import { joinProjectorGroup, type ProjectorGroupOptions } from './projector-group.ts';

export type RunProjectionTools = Pick<
  ProjectorGroupOptions<never>,
  'kafka' | 'cluster' | 'sessionTimeoutMs' | 'fatal'
> & {
  db: Db;
  prepared: Pick<PreparedLog, 'eventsTopic' | 'commandTopics' | 'readCommand' | 'readEvent'>;
  /** Begins the names of groups. */
  prefix: string;
  log: Logger;
};

/** Nothing is kept at once anyway: few fetches that bring much cost less. */
const fetch = { minBytes: 262_144, maxWaitTimeInMs: 150 };
const highWater = 5_000;

export async function runProjection(definition: ProjectionDefinition, tools: RunProjectionTools) {
  const { db, prepared, prefix, kafka, cluster, sessionTimeoutMs, fatal } = tools;
  const { name } = definition;
  const log = tools.log.child({ projection: name });
  const store = projectionStore(db, definition);
  const topics = topicsOf(definition, prepared);
  let fault: string | undefined;

  const flusher = createChangeFlusher({
    ...{ definition, store, log },
    again: () => void joining.then(({ again }) => again(), fatal),
    failed(error) {
      fault = error instanceof Error ? error.message : String(error);
      joining.then(({ halt }) => halt(), fatal);
      log.error({ err: error }, 'the projection stops here, and goes on from here once it is mended and started again');
    },
  });
  const fold = createProjectionFold(prepared, definition);
  const stopAt = (error: unknown): undefined => {
    if (!(error instanceof ProjectionFault)) throw error;
    flusher.fail(error);
  };

  await persist(store.prepare, { log, what: `prepare the projection ${name}` });
  const joining = joinProjectorGroup<Change[]>({
    ...{ kafka, cluster, sessionTimeoutMs, fatal, log, flusher, topics, highWater, fetch },
    group: projectionGroup(prefix, name),
    checkpoints(assigned) {
      fault = undefined;
      return flusher.begin(assigned);
    },
    fold(topic, partition, message) {
      try {
        const changes = fold(topic, partition, message);
        return changes instanceof Promise ? changes.catch(stopAt) : changes;
      } catch (error) {
        return stopAt(error);
      }
    },
  });
  const group = await joining;

  return {
    name,
    ready: group.ready,
    /** Why it has stopped; undefined: it goes on. */
    fault: () => fault,
    /** For the watchdog. `ends`: topic → the log's end in each partition. */
    progress(ends: ReadonlyMap<string, readonly number[]>): Progress[] {
      return flusher.written({ has: () => true }).map(({ topic, partition, offset }) => ({
        ...{ name: `${name}: ${topic}/${partition}`, at: Number(offset), end: ends.get(topic)?.[partition] ?? 0 },
        busy: fault !== undefined || !group.reads(topic, partition),
      }));
    },
    async stop(deadline: number): Promise<void> {
      flusher.close();
      await group.stop(deadline);
    },
  };
}
