// Builds a snapshot: folds the log up to a moment into a collection of its own, with the projector's own code, and lets it be read once it is
// whole. What is stopped leaves nothing; what is killed is dropped by whoever retires snapshots. Called in a thread (snapshot-thread.ts).
import { setTimeout as delay } from 'node:timers/promises';
import { persist } from '../platform/persist.ts';
import { indexJobs, type ReadModel, readModelNamed } from '../platform/read-model.ts';
import {
  beginSnapshot,
  endSnapshot,
  isReady,
  type ReadySnapshot,
  removeSnapshot,
  type SnapshotContent,
  type SnapshotDocument,
  takenOver,
} from '../platform/snapshot-store.ts';
import { NonRetryableError } from '../schemas/retry-errors.ts';
import type { SnapshotBuilt, SnapshotRequest } from '../schemas/snapshot.ts';
import { type BuildTools, createBuilder } from './build-tools.ts';
import { dropCheckpoints, dropVersion } from './drop-version.ts';
import type { Limits } from './feeder.ts';
import { forgetWhatIsOver } from './forget-what-is-over.ts';
import { type Before, beforeUntil, parseUntil, type Until } from './until.ts';

/** By how much the clock of whoever accepted the call may be ahead (milliseconds). */
const ahead = 10_000;

/** Waits until it has passed. @throws NonRetryableError where the log has no such moment */
async function momentIn({ history, log }: BuildTools, at: string): Promise<{ until: Until; before: Before }> {
  try {
    const until = parseUntil(at, Date.now() + ahead);
    if ('at' in until) await delay(Math.max(0, until.at - Date.now()));
    return { until, before: await beforeUntil(until, history, log) };
  } catch (cause) {
    throw new NonRetryableError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

const rowsOf = (offsets: Limits): Record<string, number[]> =>
  Object.fromEntries([...offsets].map(([topic, partitions]) => [topic, [...partitions]]));

/** By partition, the first record that is later than the moment. */
async function endsAt({ history, log }: BuildTools, until: Until, { at, limits }: Before): Promise<Limits> {
  const here = 'position' in until ? until.position : undefined;
  const endOf = async (topic: string, limit: number, partition: number) => {
    if (here?.topic === topic && here.partition === partition) return limit;
    const later = () => history.cluster.offsetAt(topic, partition, at + 1);
    return Math.min(limit, (await persist(later, { log, what: 'ask where the moment is in the log' })) ?? limit);
  };
  const ends = [...limits].map(async ([topic, partitions]): Promise<[string, number[]]> => {
    const first = partitions.map((limit, partition) => endOf(topic, limit, partition));
    return [topic, await Promise.all(first)];
  });
  return new Map(await Promise.all(ends));
}

async function fill(
  tools: BuildTools,
  { types }: SnapshotRequest,
  model: ReadModel,
  givenUp: () => boolean,
  { until, before }: Awaited<ReturnType<typeof momentIn>>,
): Promise<SnapshotContent> {
  const { db, history, log, tell } = tools;
  const wanted = types && new Set(types);
  const keeps = ({ type }: { type: string }) => wanted?.has(type) !== false;
  const begins = await persist(() => history.cluster.offsets(history.topics, 'earliest'), {
    ...{ log, what: 'learn where the log begins', givenUp },
  });
  await createBuilder(tools, { model, givenUp, keeps, accepts: before.accepts }).feedTo(before.limits);
  tell({ step: 'indexing', version: model.name });
  await persist(() => indexJobs(model), { log, what: 'make the indexes', givenUp });
  // Only now: until here what is over stood there, so that no earlier record of it could bring it back.
  await persist(() => forgetWhatIsOver(model), { log, what: 'forget what is over', givenUp });
  await persist(() => dropCheckpoints(db, model.name), { log, what: 'drop the checkpoints', givenUp });
  const jobs = await persist(() => model.jobs.estimatedDocumentCount(), { log, what: 'count the jobs', givenUp });
  const ends = await endsAt(tools, until, before);
  return { moment: before.at, jobs, begins: rowsOf(begins), ends: rowsOf(ends) };
}

const builtOf = ({ _id, content, expiresAt }: ReadySnapshot): SnapshotBuilt => {
  const { moment, ...counted } = content;
  return { snapshot: _id, at: new Date(moment).toISOString(), ...counted, expiresAt: expiresAt.toISOString() };
};

/** What cannot be dropped now is dropped by whoever retires snapshots. */
async function drop({ db, log }: BuildTools, begun: SnapshotDocument): Promise<void> {
  try {
    await removeSnapshot(db, begun);
    await dropVersion(db, begun.collection);
  } catch (error) {
    log.warn({ err: error, collection: begun.collection }, 'what was built of a snapshot cannot be dropped yet');
  }
}

/**
 * The one that is there, where an earlier run of the job has ended it. @throws NonRetryableError where the log has no such moment; Error once
 * it is given up, or another run of the job has taken its place
 */
export async function buildSnapshot(
  tools: BuildTools,
  request: SnapshotRequest,
  givenUp: () => boolean,
): Promise<SnapshotBuilt> {
  const { db, log } = tools;
  const { id, at, types = null, keepMs } = request;
  const moment = await momentIn(tools, at);
  const begun = await beginSnapshot(db, { _id: id, at, types });
  if (isReady(begun)) return builtOf(begun);
  try {
    const content = await fill(tools, request, readModelNamed(db, begun.collection), givenUp, moment);
    if (givenUp()) throw new Error('it was given up');
    const ready = { content, expiresAt: new Date(Date.now() + keepMs) };
    const isOurs = await persist(() => endSnapshot(db, begun, ready), { log, what: 'let a snapshot be read' });
    if (!isOurs) throw takenOver(id);
    return builtOf({ ...begun, ...ready });
  } catch (error) {
    await drop(tools, begun);
    throw error;
  }
}
