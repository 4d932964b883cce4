// Every question that a list can ask, on a real MongoDB: the right jobs in the right order, page by page, and no more documents read
// than are given.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { oneVersion } from '../platform/one-version.fixture.ts';
import { openReadModel, type ReadModel, readModelNamed } from '../platform/read-model.ts';
import { type JobDocument, type JobState, jobKey, jobStates } from '../schemas/job-status.ts';
import { queuedJob } from './app.fixture.ts';
import { createListJobs, type JobCursor, type JobFilter, jobsQuery, newestFirst } from './list-jobs.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/list-${randomUUID()}`;
const mongo = createMongo(uri.href);
const began = Date.UTC(2026, 0, 1);
const types = ['test.echo', 'test.other'];
let model: ReadModel;
let all: JobDocument[];

/** Seven of each millisecond, all states and types among them, some under one ordering key. */
function jobOf(n: number): JobDocument {
  const [type = '', id] = [types[n % 2], `job-${n}`];
  const state: JobState = jobStates[n % jobStates.length] ?? 'queued';
  const key = n % 10 === 0 ? 'customer-7' : jobKey(type, id);
  return queuedJob(type, id, { state, key, createdAt: began + Math.floor(n / 7) });
}
const newer = (a: JobCursor, b: JobCursor) => b.createdAt - a.createdAt || (a._id < b._id ? 1 : -1);

beforeAll(async () => {
  model = await openReadModel(mongo.db);
  all = Array.from({ length: 4_000 }, (_, n) => jobOf(n));
  await model.jobs.insertMany(all);
  all.sort(newer);
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

const matches = (job: JobDocument, { types, states, createdAfter, createdBefore, key }: JobFilter) =>
  (types === undefined || types.includes(job.type)) &&
  (states === undefined || states.includes(job.state)) &&
  job.createdAt >= (createdAfter ?? 0) &&
  job.createdAt < (createdBefore ?? Number.POSITIVE_INFINITY) &&
  (key === undefined || job.key === key);

const choices = {
  types: [undefined, ['test.echo'], ['test.echo', 'test.large']],
  states: [undefined, ['queued'], ['failed', 'running', 'succeeded']] satisfies (JobState[] | undefined)[],
  createdAfter: [undefined, began + 100],
  createdBefore: [undefined, began + 400],
  key: [undefined, 'customer-7'],
};

const questions: [name: string, filter: JobFilter][] = choices.types.flatMap((types) =>
  choices.states.flatMap((states) =>
    choices.createdAfter.flatMap((createdAfter) =>
      choices.createdBefore.flatMap((createdBefore) =>
        choices.key.map((key): [string, JobFilter] => {
          const filter = {
            ...{ ...(types && { types }), ...(states && { states }), ...(key && { key }) },
            ...{ ...(createdAfter && { createdAfter }), ...(createdBefore && { createdBefore }) },
          };
          return [
            Object.keys(filter).join(', ') +
              (states ? ` (${states.length})` : '') +
              (types ? ` of ${types.length} types` : ''),
            filter,
          ];
        }),
      ),
    ),
  ),
);

type Stage = { stage: string; inputStage?: Stage; inputStages?: Stage[] };
const stagesOf = (plan: Stage): string[] => [
  plan.stage,
  ...[plan.inputStage ?? [], plan.inputStages ?? []].flat().flatMap(stagesOf),
];

async function explained(filter: JobFilter, limit: number, behind?: JobCursor) {
  const found = model.jobs
    .find(jobsQuery(filter, behind))
    .sort(newestFirst)
    .limit(limit + 1);
  const { executionStats, queryPlanner } = await found.explain('executionStats');
  const winner = queryPlanner.winningPlan.queryPlan ?? queryPlanner.winningPlan;
  return { stages: stagesOf(winner), read: Number(executionStats.totalDocsExamined), given: executionStats.nReturned };
}

/** Those of the cursor's own millisecond that it has passed are read once more. */
const skipped = (filter: JobFilter, behind: JobCursor | undefined) =>
  all.filter((job) => matches(job, filter) && job.createdAt === behind?.createdAt && job._id >= behind._id).length;

test.each(questions)('%s: page by page what it should be, from an index and in its order', async (_name, filter) => {
  const list = createListJobs({ versions: oneVersion(model), db: mongo.db });
  const expected = all.filter((job) => matches(job, filter)).map(({ _id }) => _id);
  const limit = Math.ceil(expected.length / 3);
  const found: string[] = [];
  let behind: JobCursor | undefined;
  do {
    const { stages, read, given } = await explained(filter, limit, behind);
    expect(stages).not.toContain('COLLSCAN');
    expect(stages).not.toContain('SORT');
    // The index of keys has neither type nor state: what differs in them is read and left out.
    const ofKey = all.filter(({ key }) => key === filter.key).length;
    const least = limit + 1 + skipped(filter, behind);
    // Where several types are most of what there is, MongoDB may go by state alone and leave out what is of others.
    const { types: _types, ...others } = filter;
    const ofState = all.filter((job) => matches(job, others)).length;
    const most = filter.key !== undefined ? ofKey : (filter.types?.length ?? 0) > 1 ? ofState : least;
    expect(read).toBeLessThanOrEqual(most);
    expect(given).toBeLessThanOrEqual(limit + 1);
    const page = await list(filter, limit, behind);
    found.push(...page.jobs.map(({ _id }) => _id));
    behind = page.next;
  } while (behind !== undefined && found.length <= expected.length);
  expect(found).toEqual(expected);
});

test('jobs that come while pages are turned are on no page behind, and none that was there is left out', async () => {
  const list = createListJobs({ versions: oneVersion(model), db: mongo.db });
  const filter: JobFilter = { types: ['test.other'] };
  const first = await list(filter, 500);
  const late = queuedJob('test.other', 'late', { createdAt: began + 100_000 });
  await model.jobs.insertOne(late);
  const rest = await list(filter, 5_000, first.next);
  await model.jobs.deleteOne({ _id: late._id });
  const found = [...first.jobs, ...rest.jobs].map(({ _id }) => _id);
  expect(found).toEqual(all.filter(({ type }) => type === 'test.other').map(({ _id }) => _id));
});

test('a page of large results ends early, and the next one goes on there', async () => {
  const large = Array.from({ length: 40 }, (_, n) =>
    queuedJob('test.large', `n-${n}`, { state: 'succeeded', result: JSON.stringify('x'.repeat(250_000)) }),
  );
  await model.jobs.insertMany(large);
  const list = createListJobs({ versions: oneVersion(model), db: mongo.db });
  const sizes: number[] = [];
  let behind: JobCursor | undefined;
  do {
    const page = await list({ types: ['test.large'] }, 500, behind);
    sizes.push(page.jobs.length);
    behind = page.next;
  } while (behind !== undefined);
  expect(sizes).toEqual([16, 16, 8]);
});

test('a MongoDB that is away is a 503 that says so', async () => {
  const away = createMongo('mongodb://127.0.0.1:9/none', { selectionTimeoutMs: 50 });
  const list = createListJobs({ versions: oneVersion(readModelNamed(away.db, 'jobs_v1')), db: away.db });
  await expect(list({}, 1)).rejects.toMatchObject({ code: 'read-model-unavailable', retryAfter: 2 });
  await away.close();
});
