// `putlog rebuild --until`: the read model as it was, in a collection of its own, for a look. Nobody is ever switched to it. Killed it goes on
// where it was when it is run again.
import { persist } from '../platform/persist.ts';
import { indexReadModel, readModelNamed } from '../platform/read-model.ts';
import { takeBuildLease } from './build-lease.ts';
import { type BuildTools, createBuilder } from './build-tools.ts';
import { dropCheckpoints } from './drop-version.ts';
import { beforeUntil, type Until } from './until.ts';

/** `collection` and `collection`_dead are there until somebody drops them. */
export type Inspected = { collection: string; at: number; jobs: number; records: number; unreadable: number };

const nameOf = (until: Until): string => {
  const text =
    'at' in until
      ? new Date(until.at).toISOString()
      : `${until.position.topic}_${until.position.partition}_${until.position.offset}`;
  return `jobs_until_${text.replace(/\W/g, '_').slice(-120)}`;
};

/** @throws BuildTakenError; Error where the log has no such position */
export async function inspect(tools: BuildTools, until: Until): Promise<Inspected> {
  const { db, history, log, tell } = tools;
  const { at, limits, accepts } = await beforeUntil(until, history, log);
  const collection = nameOf(until);
  const lease = await takeBuildLease(db, collection, async () => collection, log);
  let done = false;
  try {
    const model = readModelNamed(db, collection);
    const builder = createBuilder(tools, { model, accepts, givenUp: lease.isLost });
    await builder.feedTo(limits);
    tell({ step: 'indexing', version: collection });
    await persist(() => indexReadModel(model), { log, what: 'make the indexes', givenUp: lease.isLost });
    // Without them it is what it is: nothing goes on with it.
    await dropCheckpoints(db, collection);
    const { read: records, unreadable } = builder.counts();
    done = true;
    return { collection, at, jobs: await model.jobs.estimatedDocumentCount(), records, unreadable };
  } finally {
    await lease.giveBack(done);
  }
}
