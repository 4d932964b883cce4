// Drops a version of the read model with all that belongs to it. Projectors drop what is needed no more, and what was built for a look
// alone is dropped by its builder.
import type { Db } from 'mongodb';
import type { CheckpointDocument } from '../platform/read-model.ts';
import { readModelNamed } from '../platform/read-model.ts';

const versionName = /^(jobs_v\d+)(_dead)?$/;

/** Names of the versions of which anything is there. @throws what MongoDB says */
export async function versionsIn(db: Db): Promise<string[]> {
  const found = await db.listCollections({ name: versionName }, { nameOnly: true }).toArray();
  return [...new Set(found.flatMap(({ name }) => versionName.exec(name)?.[1] ?? []))];
}

/** Its checkpoints first: without them nobody takes what is left of it for whole. @throws what MongoDB says; repeat it then */
export async function dropVersion(db: Db, name: string): Promise<void> {
  await dropCheckpoints(db, name);
  const { jobs, deadLetters } = readModelNamed(db, name);
  await jobs.drop();
  await deadLetters.drop();
}

/** What it holds stays, and is continued by nobody. @throws what MongoDB says */
export async function dropCheckpoints(db: Db, name: string): Promise<void> {
  // Names of versions have no character that means anything in a pattern.
  await db.collection<CheckpointDocument>('checkpoints').deleteMany({ _id: { $regex: `^${name}/` } });
}
