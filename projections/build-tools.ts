// What every command that builds a version of the read model works with, and how it brings one up to another. rebuild, verify, rollback and
// inspect are made of it.
import type { Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import type { ReadModel } from '../platform/read-model.ts';
import { createCompare } from './compare-versions.ts';
import { limitsOf } from './feed-limits.ts';
import { createFeeder, type Feeder, type FeederOptions, type FeedProgress, type Limits } from './feeder.ts';
import type { HistoryLog } from './history-log.ts';
import type { Step } from './switch-version.ts';

/** What is told while it is done. `compared`: documents, of both versions together one. */
export type BuildProgress =
  | ({ step: 'reading'; version: string } & FeedProgress)
  | { step: 'indexing'; version: string }
  | { step: 'comparing'; version: string; compared: number }
  | { step: 'switching'; version: string; phase: Step['name'] | 'fed' };

export type BuildTools = {
  db: Db;
  history: HistoryLog;
  log: Logger;
  retentionOf: FeederOptions['retentionOf'];
  tell: (progress: BuildProgress) => void;
};

export type BuilderOptions = {
  model: ReadModel;
  givenUp: () => boolean;
} & Pick<FeederOptions, 'accepts' | 'keeps'>;

/** With fewer records than this to go it is as good as up with what it follows. */
const near = 5_000;

export function createBuilder(tools: BuildTools, { model, givenUp, accepts, keeps }: BuilderOptions) {
  const { db, history, log, retentionOf, tell } = tools;
  const version = model.name;
  const feeder: Feeder = createFeeder({
    ...{ history, model, log, retentionOf, givenUp },
    ...(accepts !== undefined && { accepts }),
    ...(keeps !== undefined && { keeps }),
    told: (progress) => tell({ step: 'reading', version, ...progress }),
  });
  let read = 0;
  const feedTo = async (limits: Limits): Promise<void> => {
    read += await feeder.feedTo(limits);
  };
  const limitsNow = (live: ReadModel) =>
    persist(() => limitsOf(live, history), { log, what: 'learn how far the read model is', givenUp });

  async function follow(live: ReadModel): Promise<Limits> {
    const limits = await limitsNow(live);
    await feedTo(limits);
    return limits;
  }

  return {
    feedTo,
    /** Records read so far, and those of them that nobody can read. */
    counts: () => ({ read, unreadable: feeder.unreadable() }),
    /** Resolves to how far `live` was when it was called, once this version is as far. Never farther: it is never ahead. */
    follow,
    /** Until there is little left between the two. */
    async catchUpWith(live: ReadModel): Promise<void> {
      for (let before = -1; before === -1 || read - before >= near; ) {
        before = read;
        await follow(live);
      }
    },
    /** All documents of both, or a sample. */
    async compareWith(live: ReadModel, all: boolean) {
      const starts = await persist(() => history.cluster.offsets(history.topics, 'earliest'), {
        ...{ log, what: 'learn where the log begins', givenUp },
      });
      const compare = createCompare({
        ...{ db, starts, live: live.name, built: version, eventsTopic: history.eventsTopic },
        settle: () => follow(live),
        told: (compared) => tell({ step: 'comparing', version, compared }),
      });
      tell({ step: 'comparing', version, compared: 0 });
      // What the log has no longer can only be found by looking at all.
      const whole = all || [...starts.values()].flat().some((start) => start > 0);
      return whole ? compare.all() : compare.some();
    },
  };
}
