// Names and shapes of the read model in MongoDB that both its writer (projections) and its reader (producer) rely on.
// The collection of job status is versioned behind an alias document, so that a rebuilt one can take its place.
import type { Collection, Db } from 'mongodb';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { dropIndexes } from './mongo.ts';
import { makeAlias } from './read-model-alias.ts';

/** `_id` is `<collection>/<topic>`; `next` maps a partition to the first offset that is not in the collection yet. */
export type CheckpointDocument = { _id: string; next: Record<string, number> };

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

/** What lists of jobs need. It resolves once they are made, for as long as that takes. @throws what MongoDB says */
export const indexJobs = async ({ jobs }: Pick<ReadModel, 'jobs'>): Promise<void> =>
  void (await jobs.createIndexes([...jobIndexes]));

/** The same, and what lists of dead letters need. @throws what MongoDB says */
export async function indexReadModel({ jobs, deadLetters }: ReadModel): Promise<void> {
  await indexJobs({ jobs });
  await deadLetters.createIndexes([{ key: { at: -1, _id: -1 } }, { key: { type: 1, at: -1, _id: -1 } }]);
}

/** From now on MongoDB forgets what has been over for as long as its type says. @throws what MongoDB says */
export const expireJobs = async ({ jobs }: ReadModel): Promise<void> =>
  void (await jobs.createIndexes([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]));

/** The version that is read now; makes the first one, with its indexes, where there is none. @throws what MongoDB says */
export async function openReadModel(db: Db): Promise<ReadModel> {
  const model = readModelNamed(db, (await makeAlias(db)).current);
  await indexReadModel(model);
  await expireJobs(model);
  await dropIndexes(model.jobs, retiredIndexes);
  return model;
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
