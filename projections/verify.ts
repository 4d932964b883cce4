// `putlog verify`, and what `putlog rebuild --dry-run` does: folds the log into a version of its own, compares it with the one that is read,
// and drops it. Nothing that anybody reads is changed.
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { readCheckpoints, readModelNamed } from '../platform/read-model.ts';
import { readAlias } from '../platform/read-model-alias.ts';
import { dropLeftBuilds, takeBuildLease } from './build-lease.ts';
import { type BuildTools, createBuilder } from './build-tools.ts';
import type { Comparison } from './compare-versions.ts';
import { dropVersion } from './drop-version.ts';
import { countBetween, endsOf, limitsOf } from './feed-limits.ts';
import type { HistoryLog } from './history-log.ts';

/**
 * `live` is what was compared; `behind`: records that it does not have yet; `beyond`: partitions of which it says that it has more than
 * the log holds, as `topic/partition`.
 */
export type Verified = {
  live: string;
  records: number;
  unreadable: number;
  comparison: Comparison;
  behind: number;
  beyond: string[];
};

const prefix = 'jobs_check_';

/** `all`: documents, or some. @throws what Kafka or MongoDB says once it is away for good */
export async function verify(tools: BuildTools, { all }: { all: boolean }): Promise<Verified> {
  const { db, history, log } = tools;
  await dropLeftBuilds(db, prefix, (name) => dropVersion(db, name));
  const live = readModelNamed(db, (await readAlias(db)).current);
  const built = readModelNamed(db, `${prefix}${randomBytes(4).toString('hex')}`);
  const lease = await takeBuildLease(db, built.name, async () => built.name, log);
  try {
    const builder = createBuilder(tools, { model: built, givenUp: lease.isLost });
    await builder.catchUpWith(live);
    const comparison = await builder.compareWith(live, all);
    const { read: records, unreadable } = builder.counts();
    return { live: live.name, records, unreadable, comparison, ...(await placeOf(db, live.name, history)) };
  } finally {
    await dropVersion(db, built.name);
    await lease.giveBack(true);
  }
}

async function placeOf(db: Db, name: string, history: HistoryLog): Promise<Pick<Verified, 'behind' | 'beyond'>> {
  const live = readModelNamed(db, name);
  const limits = await limitsOf(live, history);
  const reached = await readCheckpoints(live, history.topics);
  const ends = await endsOf(history);
  const beyond = [...ends].flatMap(([topic, partitions]) =>
    partitions.flatMap((end, partition) =>
      (reached.get(topic)?.[partition] ?? 0) > end ? [`${topic}/${partition}`] : [],
    ),
  );
  return { behind: countBetween(limits, ends), beyond };
}
