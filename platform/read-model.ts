// Names and shapes of the read model in MongoDB that both its writer (projections) and its reader (producer) rely on.
// The collection of job status is versioned behind an alias document, so that a rebuilt one can take its place.
import type { Collection, Db } from 'mongodb';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { dropIndexes } from './mongo.ts';

/** `_id` is `<collection>/<topic>`; `next` maps a partition to the first offset that is not in the collection yet. */
export type CheckpointDocument = { _id: string; next: Record<string, number> };

type AliasDocument = { _id: string; current: string };

export type ReadModel = {
  name: string;
  jobs: Collection<JobDocument>;
  checkpoints: Collection<CheckpointDocument>;
  deadLetters: Collection<DeadLetter>;
};

/** Without asking MongoDB for anything. */
export const readModelNamed = (db: Db, name: string): ReadModel => ({
  name,
  jobs: db.collection<JobDocument>(name),
  checkpoints: db.collection<CheckpointDocument>('checkpoints'),
  deadLetters: db.collection<DeadLetter>(`${name}_dead`),
});

/** What jobs are listed by, each in the order of a list; the first also counts them by state. */
const jobIndexes = [
  { key: { state: 1, createdAt: -1, _id: -1 } },
  { key: { type: 1, state: 1, createdAt: -1, _id: -1 } },
  { key: { key: 1, createdAt: -1, _id: -1 } },
] as const;

/** Names of indexes that an earlier version made and nothing asks any more: each one slows down every write. */
const retiredIndexes = ['state_1'];

/** The collection that the alias names; makes the first one, with its indexes, where there is none. */
export async function openReadModel(db: Db): Promise<ReadModel> {
  const aliases = db.collection<AliasDocument>('read_models');
  const alias = await aliases.findOneAndUpdate(
    { _id: 'jobs' },
    { $setOnInsert: { current: 'jobs_v1' } },
    { upsert: true, returnDocument: 'after' },
  );
  const model = readModelNamed(db, alias?.current ?? 'jobs_v1');
  await model.jobs.createIndexes([...jobIndexes, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
  await dropIndexes(model.jobs, retiredIndexes);
  await model.deadLetters.createIndexes([{ key: { at: -1, _id: -1 } }, { key: { type: 1, at: -1, _id: -1 } }]);
  return model;
}

/** Whether a job (`<type>/<id>`) is known, by the collection that the alias names now. @throws what MongoDB says */
export async function isJobKnown(db: Db, name: string): Promise<boolean> {
  const alias = await db.collection<AliasDocument>('read_models').findOne({ _id: 'jobs' });
  if (alias === null) return false;
  return (await readModelNamed(db, alias.current).jobs.findOne({ _id: name }, { projection: { _id: 1 } })) !== null;
}

export const checkpointId = (collection: string, topic: string): string => `${collection}/${topic}`;

/** Topic → partition → first offset that is not in the read model yet; a topic without a checkpoint has none of its own. */
export async function readCheckpoints(
  model: ReadModel,
  topics: string[],
): Promise<Map<string, Record<string, number>>> {
  const ids = topics.map((topic) => checkpointId(model.name, topic));
  const found = await model.checkpoints.find({ _id: { $in: ids } }).toArray();
  return new Map(topics.map((topic, i) => [topic, found.find(({ _id }) => _id === ids[i])?.next ?? {}]));
}
