// Whether the job before is over: what the read model has, what it has not yet, and what it has forgotten.
import { randomUUID } from 'node:crypto';
import { afterAll, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { checkpointId, openReadModel } from '../platform/read-model.ts';
import type { JobState } from '../schemas/job-status.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { openGeneration } from './open-generation.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/open-${randomUUID()}`;
const mongo = createMongo(uri.href);
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

const command = { topic: 'c', partition: 3, offset: 7 };
const jobOf = (id: string, state: JobState, generation: number) => ({
  ...queuedJob(
    {
      ...{ kind: 'submit', type: 't', id, generation, attempt: 1, key: 'k', payload: '1', digest: 'd' },
      ...{ submittedAt: 1, dueAt: null, after: null, options: null },
    },
    command,
  ),
  state,
});

test.each([
  ['queued', 0, 0],
  ['scheduled', 0, 0],
  ['running', 2, 2],
  ['retrying', 0, 0],
  ['succeeded', 0, undefined],
  ['failed', 1, undefined],
  ['cancelled', 0, undefined],
] as const)('%s', async (state, generation, open) => {
  const model = await openReadModel(mongo.db);
  const job = jobOf(randomUUID(), state, generation);
  await model.jobs.insertOne(job);
  expect(await openGeneration({ current: model, also: undefined }, { name: job._id, command })).toBe(open);
});

test('what the read model has not read yet is not over; what it has read and does not have, it has forgotten', async () => {
  const model = await openReadModel(mongo.db);
  const look = () => openGeneration({ current: model, also: undefined }, { name: `t/${randomUUID()}`, command });
  const written = (next: number) =>
    model.checkpoints.updateOne({ _id: checkpointId(model.name, 'c') }, { $set: { 'next.3': next } }, { upsert: true });
  expect(await look()).toBe(0);
  await written(7);
  expect(await look()).toBe(0);
  await written(8);
  expect(await look()).toBeUndefined();
});
