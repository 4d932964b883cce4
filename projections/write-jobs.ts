// Writes merged documents into the read model so that the greater one stays, whatever else writes at the same time: a
// plain insert for what is new, and updates whose filter repeats `isNewer`. Never an upsert with a guard in its filter:
// those were measured to race and to leave old documents behind.
import type { AnyBulkWriteOperation, Collection, Filter } from 'mongodb';
import { insertNew } from '../platform/mongo.ts';
import type { JobDocument } from '../schemas/job-status.ts';

/** `fresh`: the flush holds the job's command, so most likely the document is not there yet. */
export type JobWrite = { document: JobDocument; fresh: boolean };

/** All of it is stored when it resolves, acknowledged by a majority. @throws what MongoDB says; repeating is harmless. */
export async function writeJobs(jobs: Collection<JobDocument>, writes: JobWrite[]): Promise<void> {
  const fresh: JobDocument[] = [];
  const known: JobDocument[] = [];
  for (const write of writes) (write.fresh ? fresh : known).push(write.document);
  await Promise.all([insertThenUpdate(jobs, fresh), updateThenInsert(jobs, known)]);
}

async function insertThenUpdate(jobs: Collection<JobDocument>, documents: JobDocument[]): Promise<void> {
  const there = await insertNew(jobs, documents);
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
  const operations = documents.map((document): AnyBulkWriteOperation<JobDocument> => {
    const { _id, ...fields } = document;
    return { updateOne: { filter: olderThan(document), update: { $set: fields } } };
  });
  return (await jobs.bulkWrite(operations, { ordered: false })).matchedCount;
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
