// Who is building a version of the read model: a lease in MongoDB, by MongoDB's clock, so that there are never two at the same. What a
// builder that was killed leaves behind is taken over from it, and where it ran on this machine at once.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { insertNew } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';

/**
 * `_id` is what is being done; `version` the collection that is built, `ready` whether MongoDB forgets in it already, `fed` whether
 * projectors may have been told to write it.
 */
type BuildDocument = {
  _id: string;
  version: string;
  ready: boolean;
  fed: boolean;
  since: Date;
  host: string;
  pid: number;
  token: string;
  until: Date;
};

/** Another one is at it, and lives. */
export class BuildTakenError extends Error {
  constructor({ _id, host, pid, since, version }: BuildDocument) {
    super(`${_id} is being done already: ${version}, by process ${pid} on ${host}, since ${since.toISOString()}`);
    this.name = 'BuildTakenError';
  }
}

export type BuildLease = Awaited<ReturnType<typeof takeBuildLease>>;

/** Milliseconds. */
const leaseMs = 6_000;
const renewEvery = 1_500;

const builds = (db: Db) => db.collection<BuildDocument>('read_model_builds');

/** Names of the versions that are being built, or were left in the middle of it. @throws what MongoDB says */
export const buildsIn = async (db: Db): Promise<ReadonlySet<string>> =>
  new Set((await builds(db).find().toArray()).map(({ version }) => version));

/** What builders of one-off versions were killed before they could drop it. @throws what MongoDB says */
export async function dropLeftBuilds(db: Db, prefix: string, drop: (version: string) => Promise<void>): Promise<void> {
  const left = { _id: { $regex: `^${prefix}` }, $expr: { $lte: ['$until', '$$NOW'] } };
  for (const { _id, version, token } of await builds(db).find(left).toArray()) {
    await drop(version);
    await builds(db).deleteOne({ _id, token });
  }
}

const until = { $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: leaseMs } };
const over = [{ $set: { until: { $min: ['$until', '$$NOW'] } } }];

function isGone({ host, pid }: Pick<BuildDocument, 'host' | 'pid'>): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/**
 * Takes what is free, or was left; waits for at most a lease to see whether its holder lives. `first` names the version to begin with.
 * @throws BuildTakenError, what MongoDB says
 */
export async function takeBuildLease(db: Db, _id: string, first: () => Promise<string>, log: Logger) {
  const token = randomUUID();
  const by = { host: hostname(), pid: process.pid, token };
  let seen: BuildDocument | undefined;

  async function take(): Promise<{ build: BuildDocument; leftMs: number | undefined }> {
    for (;;) {
      const free = { _id, $expr: { $lte: ['$until', '$$NOW'] } };
      const before = await builds(db).findOneAndUpdate(free, [{ $set: { ...by, until } }]);
      if (before !== null) return { build: before, leftMs: Date.now() - before.until.getTime() };
      const found = await builds(db).findOne({ _id });
      if (found === null) {
        const build = {
          _id,
          version: await first(),
          ready: false,
          fed: false,
          since: new Date(),
          ...by,
          until: new Date(0),
        };
        await insertNew(builds(db), [build]);
      } else if (isGone(found)) {
        await builds(db).updateOne({ _id, token: found.token }, over);
      } else if (seen !== undefined && found.until > seen.until) throw new BuildTakenError(found);
      else {
        seen ??= found;
        await delay(renewEvery / 5);
      }
    }
  }

  const { build, leftMs } = await take();
  let lost: Error | undefined;
  let renewing: Promise<void> | undefined;
  const renew = async () => {
    const { matchedCount } = await builds(db).updateOne({ _id, token }, [{ $set: { until } }]);
    if (matchedCount === 0) lost = new Error(`another process has taken over (${_id}): this one was away for too long`);
  };
  const timer = setInterval(() => {
    renewing ??= renew()
      .catch((error: unknown) => log.debug({ err: error }, 'the lease of a build cannot be renewed yet'))
      .finally(() => {
        renewing = undefined;
      });
  }, renewEvery);
  const own = { _id, token };

  return {
    version: build.version,
    ready: build.ready,
    fed: build.fed,
    /** Milliseconds since its last holder was there; undefined where it is new. */
    leftMs: build.token === token ? undefined : leftMs,
    /** True once it is another's. */
    isLost: () => lost !== undefined,
    /** Asks MongoDB, because this process may have been stopped since it last did. @throws Error where it is another's */
    async assertHeld(): Promise<void> {
      await persist(renew, { log, what: 'renew the lease of a build' });
      if (lost !== undefined) throw lost;
    },
    /** @throws Error where it is another's; what MongoDB says */
    async set(fields: Partial<Pick<BuildDocument, 'version' | 'ready' | 'fed'>>): Promise<void> {
      const { matchedCount } = await builds(db).updateOne(own, { $set: fields });
      if (matchedCount === 0) throw new Error(`another process has taken over (${_id})`);
    },
    /** `done`: there is nothing to go on with. */
    async giveBack(done: boolean): Promise<void> {
      clearInterval(timer);
      await renewing;
      if (done) await builds(db).deleteOne(own);
      else await builds(db).updateOne(own, over);
    },
  };
}
