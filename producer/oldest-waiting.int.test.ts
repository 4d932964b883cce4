// On a real MongoDB: the oldest job of a type that has not begun, and no document read but that one.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { oneVersion } from '../platform/one-version.fixture.ts';
import { openReadModel, type ReadModel } from '../platform/read-model.ts';
import { jobStates } from '../schemas/job-status.ts';
import { queuedJob } from './app.fixture.ts';
import { createOldestWaiting, waitingBefore } from './oldest-waiting.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/oldest-${randomUUID()}`;
const mongo = createMongo(uri.href);
const began = Date.UTC(2026, 0, 1);
let model: ReadModel;

beforeAll(async () => {
  model = await openReadModel(mongo.db);
  // All states but that one are older, and so are those of other types.
  const others = jobStates.filter((state) => state !== 'queued');
  await model.jobs.insertMany(
    Array.from({ length: 3_000 }, (_, n) => {
      const [type, state] = n % 5 === 0 ? (['test.other', 'queued'] as const) : (['test.echo', others[n % 6]] as const);
      return queuedJob(type, `old-${n}`, { state: state ?? 'running', createdAt: began + n });
    }),
  );
  await model.jobs.insertMany(
    Array.from({ length: 500 }, (_, n) => {
      const command = { topic: 't', partition: 1, offset: n };
      return queuedJob('test.echo', `waits-${n}`, { createdAt: began + 10_000 + n, command });
    }),
  );
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

test('the oldest one that is older than asked for, or none', async () => {
  const oldestWaiting = createOldestWaiting(oneVersion(model));
  const oldest = { createdAt: began + 10_000, command: { topic: 't', partition: 1, offset: 0 } };
  expect(await oldestWaiting('test.echo', began + 10_400)).toEqual(oldest);
  expect(await oldestWaiting('test.echo', began + 10_000)).toBeUndefined();
  expect(await oldestWaiting('test.none', began + 10_400)).toBeUndefined();
});

test.each([
  ['found', 10_400, 1],
  ['not there', 10_000, 0],
])('%s from an index, in its order', async (_, before, read) => {
  const { executionStats, queryPlanner } = await waitingBefore(model, 'test.echo', began + before).explain(
    'executionStats',
  );
  const plan = JSON.stringify(queryPlanner.winningPlan);
  expect(plan).toContain('type_1_state_1_createdAt_-1__id_-1');
  expect(plan).not.toMatch(/"(COLLSCAN|SORT)"/);
  expect(executionStats.totalDocsExamined).toBe(read);
  expect(executionStats.totalKeysExamined).toBeLessThanOrEqual(1);
});
