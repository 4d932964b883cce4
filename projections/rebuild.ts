// `putlog rebuild`: a new version of the read model out of the log, beside the one that is read; compared with it; and then read in its
// place, without a reader noticing. Killed at any point it leaves a state that is right, and goes on where it was when it is run again.
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { persist } from '../platform/persist.ts';
import { indexReadModel, type ReadModel, readModelNamed } from '../platform/read-model.ts';
import { makeAlias, namedBy } from '../platform/read-model-alias.ts';
import { type BuildLease, buildsIn, takeBuildLease } from './build-lease.ts';
import { type BuildTools, createBuilder } from './build-tools.ts';
import type { Comparison } from './compare-versions.ts';
import { versionsIn } from './drop-version.ts';
import { countBetween, endsOf, hasReached, limitsOf } from './feed-limits.ts';
import { forgetWhatIsOver } from './forget-what-is-over.ts';
import { assertAccepted } from './refusal.ts';
import { createSwitch } from './switch-version.ts';

export type RebuildOptions = {
  /** Compares all documents, not some. */
  verify: boolean;
  /** How long the version before is kept (milliseconds). */
  keepMs: number;
  /** Switches although what the live version says is in no record any more. */
  allowMissing: boolean;
  /** Switches although the two differ. */
  acceptDifferences: boolean;
};

/**
 * `records` that were read, `unreadable` those of them that tell nothing. `comparison` undefined: an earlier run had made it. Milliseconds
 * until the projectors wrote it, and until it was read.
 */
export type Rebuilt = {
  from: string;
  version: string;
  records: number;
  unreadable: number;
  comparison: Comparison | undefined;
  joinMs: number;
  switchMs: number;
};

/** In which MongoDB may have forgotten what the next record would bring back (milliseconds). */
const staleMs = 3_600_000;
/** Within which projectors begin to write a version (milliseconds). */
const joinWithin = 60_000;

/** Never one that was before: whoever is still dropping that would drop this one. */
async function nextVersion(db: Db): Promise<string> {
  const [alias, found, building] = [await makeAlias(db), await versionsIn(db), await buildsIn(db)];
  const numbers = [...namedBy(alias), ...found, ...building].map((name) =>
    Number(/^jobs_v(\d+)$/.exec(name)?.[1] ?? 0),
  );
  const last = db.collection<{ _id: string; number: number }>('read_models');
  const number = { $add: [{ $max: ['$number', ...numbers] }, 1] };
  const upsert = { upsert: true, returnDocument: 'after' } as const;
  const taken = await last.findOneAndUpdate({ _id: 'last_version' }, [{ $set: { number } }], upsert);
  if (taken === null) throw new Error('an upsert gave nothing');
  return `jobs_v${taken.number}`;
}

/** @throws BuildTakenError, RefusedError; Error where it was away for too long, or projectors do not take part */
export async function rebuild(tools: BuildTools, options: RebuildOptions): Promise<Rebuilt> {
  const { db, log } = tools;
  const lease = await takeBuildLease(db, 'rebuild', () => nextVersion(db), log);
  let done = false;
  try {
    const version = await versionOf(db, lease);
    const { current } = await makeAlias(db);
    const rebuilt =
      current === version
        ? { ...{ from: current, version, records: 0, unreadable: 0, comparison: undefined }, joinMs: 0, switchMs: 0 }
        : await build(tools, options, { lease, live: readModelNamed(db, current), built: readModelNamed(db, version) });
    done = true;
    return rebuilt;
  } finally {
    await lease.giveBack(done);
  }
}

/** One that was left for long is not gone on with. */
async function versionOf(db: Db, lease: BuildLease): Promise<string> {
  const { current, feeds } = await makeAlias(db);
  // What projectors have written and write no longer has a gap that no checkpoint tells of.
  const gap = lease.fed && current !== lease.version && !feeds.includes(lease.version);
  if (!gap && (!lease.ready || (lease.leftMs ?? 0) < staleMs)) return lease.version;
  const version = await nextVersion(db);
  await lease.set({ version, ready: false, fed: false });
  return version;
}

type Build = { lease: BuildLease; live: ReadModel; built: ReadModel };

async function build(tools: BuildTools, options: RebuildOptions, { lease, live, built }: Build): Promise<Rebuilt> {
  const { db, history, log, tell } = tools;
  const version = built.name;
  const givenUp = lease.isLost;
  const builder = createBuilder(tools, { model: built, givenUp });
  await builder.catchUpWith(live);
  // Where an earlier run had begun to switch it had compared them, and this one may be ahead by now.
  const begun = (await persist(() => makeAlias(db), { log, what: 'read the alias', givenUp })).also === version;
  const comparison = begun ? undefined : await finish(tools, options, { lease, live, built }, builder);

  const began = performance.now();
  const switching = createSwitch({
    ...{ db, log, assertHeld: lease.assertHeld },
    passEnd: async () =>
      builder.feedTo(await persist(() => endsOf(history), { log, what: 'ask for the end of the log', givenUp })),
    told: (phase) => tell({ step: 'switching', version, phase }),
  });
  await lease.set({ fed: true });
  await switching.feed(version);
  await builder.follow(live);
  await assertProjectorsJoin(tools, { live, built });
  const switchesAt = performance.now();
  await switching.switchTo(version, options.keepMs);
  const { read: records, unreadable } = builder.counts();
  const times = { joinMs: Math.round(switchesAt - began), switchMs: Math.round(performance.now() - switchesAt) };
  return { from: live.name, version, records, unreadable, comparison, ...times };
}

/** All that it lacks to be read. @throws RefusedError */
async function finish(
  tools: BuildTools,
  options: RebuildOptions,
  { lease, live, built }: Build,
  builder: ReturnType<typeof createBuilder>,
): Promise<Comparison> {
  const { log, tell } = tools;
  const givenUp = lease.isLost;
  tell({ step: 'indexing', version: built.name });
  // After the documents: one sorted build, and not a change of each index for each of them.
  await persist(() => indexReadModel(built), { log, what: 'make the indexes', givenUp });
  await builder.catchUpWith(live);
  const comparison = await builder.compareWith(live, options.verify);
  assertAccepted(comparison, options);
  // Only now: until here what is over stood there, so that no earlier record of it could bring it back.
  await persist(() => forgetWhatIsOver(built), { log, what: 'forget what is over', givenUp });
  await lease.set({ ready: true });
  return comparison;
}

/** Projectors of an earlier version of Putlog write only what they have always written. Where nothing comes, nothing is lost either. */
async function assertProjectorsJoin({ history, log }: BuildTools, { live, built }: Pick<Build, 'live' | 'built'>) {
  const look = <T>(ask: () => Promise<T>) => persist(ask, { log, what: 'see what the projectors write' });
  const before = await look(() => limitsOf(live, history));
  await delay(1_000);
  const now = await look(() => limitsOf(live, history));
  if (countBetween(before, now) === 0) return;
  for (const deadline = performance.now() + joinWithin; !(await look(() => hasReached(built, now))); await delay(50))
    if (performance.now() > deadline)
      throw new Error(
        `the projectors write ${live.name}, but not ${built.name}: restart those that run an earlier version, then run this again`,
      );
}
