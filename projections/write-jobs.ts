// Writes merged documents into the read model so that the greater one stays, whatever else writes at the same time: a
// plain insert for what is new, and updates whose filter repeats `isNewer`. Never an upsert with a guard in its filter:
// those were measured to race and to leave old documents behind.
import type { Collection, Filter } from 'mongodb';
import { insertSmall, updateSmall } from '../platform/mongo.ts';
import type { JobDocument } from '../schemas/job-status.ts';

/** `fresh`: the flush holds the job's command, so most likely the document is not there yet. */
export type JobWrite = { document: JobDocument; fresh: boolean };

/** Bytes that one command may have by a generous guess: MongoDB takes 16 MiB. */
const mostBytes = 12 * 2 ** 20;
/** Of a document and its update, without what a function wrote: names, ids and times. */
const usualBytes = 2_500;

/** All of it is stored when it resolves, acknowledged by a majority. @throws what MongoDB says; repeating is harmless. */
export async function writeJobs(jobs: Collection<JobDocument>, writes: JobWrite[]): Promise<void> {
  const fresh: JobDocument[] = [];
  const known: JobDocument[] = [];
  for (const write of writes) (write.fresh ? fresh : known).push(write.document);
  const inserted = parcelsOf(fresh).map((some) => insertThenUpdate(jobs, some));
  const updated = parcelsOf(known).map((some) => updateThenInsert(jobs, some));
  await Promise.all([...inserted, ...updated]);
}

/** As many as fit into one command each. */
function parcelsOf(documents: readonly JobDocument[]): JobDocument[][] {
  const parcels: JobDocument[][] = [];
  let room = 0;
  for (const document of documents) {
    const bytes = bytesOf(document);
    const last = parcels.at(-1);
    if (last === undefined || bytes > room) {
      parcels.push([document]);
      room = mostBytes - bytes;
    } else {
      last.push(document);
      room -= bytes;
    }
  }
  return parcels;
}

/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const bytesOf = ({ result, error, progress, options }: JobDocument): number =>
  usualBytes + 3 * [result, error, progress, options].reduce((sum, text) => sum + (text?.length ?? 0), 0);

async function insertThenUpdate(jobs: Collection<JobDocument>, documents: JobDocument[]): Promise<void> {
  const there = await insertSmall(jobs.db, jobs.collectionName, documents);
  await update(
    jobs,
    there.flatMap((i) => documents[i] ?? []),
  );
}

async function updateThenInsert(jobs: Collection<JobDocument>, documents: JobDocument[]): Promise<void> {
  // Those that did not match are missing, or newer already: inserting finds out which.
  if ((await update(jobs, documents)) < documents.length) await insertThenUpdate(jobs, documents);
}

/** Resolves to how many were there and older. */
async function update(jobs: Collection<JobDocument>, documents: JobDocument[]): Promise<number> {
  if (documents.length === 0) return 0;
  const updates = documents.map((document) => {
    const { _id, ...fields } = document;
    return { q: olderThan(document), u: { $set: fields } };
  });
  return updateSmall(jobs.db, jobs.collectionName, updates);
}

/** `isNewer(document, stored)` as a filter. */
function olderThan(document: JobDocument): Filter<JobDocument> {
  const { _id, generation, eventOffset, command } = document;
  if (eventOffset !== -1)
    return { _id, $or: [{ generation: { $lt: generation } }, { generation, eventOffset: { $lt: eventOffset } }] };
  const { topic, partition, offset } = command;
  return {
    _id,
    $or: [
      { generation: { $lt: generation } },
      { generation, eventOffset: -1, 'command.topic': { $gt: topic } },
      { generation, eventOffset: -1, 'command.topic': topic, 'command.partition': { $gt: partition } },
      {
        generation,
        eventOffset: -1,
        'command.topic': topic,
        'command.partition': partition,
        'command.offset': { $gt: offset },
      },
    ],
  };
}
