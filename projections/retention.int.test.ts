// Invariant: the status of a job is kept for as long as its type says once it is over, and no longer; whatever runs, or runs again, is
// kept.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { openReadModel, type ReadModel } from '../platform/read-model.ts';
import { encodeWire } from '../platform/wire-format.ts';
import { type EventKind, eventType, type JobEvent } from '../schemas/event.ts';
import type {} from '../test/stack/addresses.ts';
import { createFold } from './fold.ts';
import { writeJobs } from './write-jobs.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/retention-${randomUUID()}`;
const mongo = createMongo(uri.href);
let model: ReadModel;

beforeAll(async () => {
  model = await openReadModel(mongo.db);
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

const fold = createFold(
  {
    eventsTopic: 'e',
    readCommand: () => Promise.reject(new Error('there is none')),
    readEvent: (value) => eventType.fromBuffer((value ?? Buffer.alloc(0)).subarray(5)) as JobEvent,
  },
  () => undefined,
  (type) => (type === 'kept.shortly' ? 1_000 : undefined),
);

const eventOf = (type: string, id: string, kind: EventKind, at: number, generation = 0): JobEvent => ({
  ...{ kind, type, id, generation, attempt: 1, key: 'k', digest: 'd', submittedAt: at, startedAt: at, at, worker: 'w' },
  ...{ command: { topic: 'c', partition: 0, offset: 0 }, result: null, error: null, original: null },
  ...{ progress: null, dueAt: null, payload: null, inPlace: false, options: null },
});

async function project(event: JobEvent, offset: number) {
  const message = { value: encodeWire(eventType, 1, event), headers: {}, offset: String(offset) };
  const document = await fold('e', 0, { ...message, timestamp: '0' });
  if (document === undefined) throw new Error('it tells nothing');
  await writeJobs(model.jobs, [{ document, fresh: false }]);
  return document;
}

test('what is over has its time to be forgotten; what is kept for ever, runs, or runs again has none', async () => {
  const longAgo = Date.now() - 3_600_000;
  const over = await project(eventOf('kept.shortly', 'over', 'failed', longAgo), 1);
  expect(over.expiresAt).toEqual(new Date(longAgo + 1_000));
  await project(eventOf('kept.shortly', 'runs', 'started', longAgo), 2);
  await project(eventOf('kept.shortly', 'again', 'started', longAgo, 1), 4);
  await project(eventOf('kept.shortly', 'again', 'dead', longAgo), 3);
  await project(eventOf('kept.shortly', 'later', 'succeeded', Date.now() + 3_600_000), 5);
  await project(eventOf('kept.ever', 'over', 'succeeded', longAgo), 6);
  const expiring = await model.jobs.find({ expiresAt: { $ne: null } }).toArray();
  expect(expiring.map(({ _id }) => _id).toSorted()).toEqual(['kept.shortly/later', 'kept.shortly/over']);
  // From then on it is MongoDB's to forget, within a minute or so.
  expect(await model.jobs.indexes()).toContainEqual(
    expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }),
  );
});
