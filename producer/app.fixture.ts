// For tests: the app with a log that accepts everything, a read model that is a map, and blobs in memory. Each part can be
// replaced; what is checked is the HTTP in front of them.
import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import Type from 'typebox';
import { createMetrics } from '../platform/metrics.ts';
import type { Known } from '../platform/settings.ts';
import { everything } from '../schemas/access.ts';
import { checkpointMetadata } from '../schemas/checkpoint.ts';
import { defineJob } from '../schemas/define-job.ts';
import { type JobDocument, jobKey } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';
import { type AppDependencies, buildApp } from './app.ts';
import { createEventHub } from './event-hub.ts';
import { createFakeLog, eventsTopic } from './event-tail.fixture.ts';
import { createFollow } from './follow.ts';
import { createFollowUpReaders } from './follow-up-query.ts';
import { createJobAt } from './job-at.ts';
import { createJobHistory } from './job-history.ts';
import { createMemoryBlobs } from './memory-blobs.fixture.ts';
import { createMemorySchedules } from './memory-schedules.fixture.ts';
import { createQueues } from './queues.ts';
import type { Numbers } from './statistics.ts';
import { createStreams } from './streams.ts';
import type { Submission } from './submit.ts';
import { createWaiting } from './waiting.ts';

const echo = defineJob({
  type: 'test.echo',
  description: 'Says it again',
  payload: Type.Object({ n: Type.Integer(), text: Type.String() }, { additionalProperties: false }),
  result: Type.Object({ n: Type.Integer(), length: Type.Integer() }),
  example: { n: 1, text: 'hello' },
  handler: ({ n, text }) => ({ n, length: text.length }),
});
const anything = defineJob({
  type: 'test.anything',
  payload: Type.Unknown(),
  result: Type.Unknown(),
  handler: (payload) => payload,
});

export const jobsForTests = new Map(
  [echo, anything].map((definition) => [definition.type, { definition, file: `file:///jobs/${definition.type}.ts` }]),
);

const noTimes = { count: 0, sum: 0, p50: 0, p90: 0, p99: 0, max: 0 };
export const noNumbers: Numbers = {
  ...{ accepted: 0, waiting: 0, running: 0, succeeded: 0, failed: 0, dead: 0, cancelled: 0, retried: 0 },
  ...{ runTime: noTimes, waitTime: noTimes },
};

export const queuedJob = (type: string, id: string, fields: Partial<JobDocument> = {}): JobDocument => ({
  _id: jobKey(type, id),
  type,
  id,
  key: jobKey(type, id),
  state: 'queued',
  generation: 0,
  attempt: 1,
  digest: '0'.repeat(64),
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  startedAt: null,
  finishedAt: null,
  expiresAt: null,
  dueAt: null,
  updatedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  result: null,
  error: null,
  worker: null,
  progress: null,
  command: { topic: 'putlog.commands.default.normal', partition: 3, offset: 42 },
  eventOffset: -1,
  ...fields,
});

/**
 * `submitted` is what reached the log, `jobs` what the read model holds, `logged` the lines of the log, parsed, `log` takes events. Nobody
 * waits for longer than two seconds.
 */
export function createTestApp(replaced: Partial<AppDependencies> = {}) {
  const submitted: Submission[] = [];
  const jobs = new Map<string, JobDocument>();
  const logged: { level: number; msg: string }[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const cancelled: string[] = [];
  const known = new Map<string, Known>();
  const settings = { get: (name: string) => known.get(name) };
  const log = createFakeLog();
  const hub = createEventHub({ hear: () => undefined, ...log.hubOptions, log: logger });
  const history = createJobHistory({ ...log, topic: eventsTopic, log: logger });
  const lookUp = { findIfThere: async (name: string) => jobs.get(name) };
  const app = buildApp({
    waiting: createWaiting({ hub, lookUp, maxWaitMs: 2_000 }),
    events: {
      ...{ history, follow: createFollow({ hub, history }), streams: createStreams({ keepAliveMs: 50 }) },
      jobAt: createJobAt({ ...log, history, eventsTopic, commandTopics: log.commandTopics }),
    },
    jobs: jobsForTests,
    async submit(submission) {
      submitted.push(submission);
      const { type } = submission.job;
      const known = jobs.get(jobKey(type, submission.id));
      const fields = submission.key === undefined ? {} : { key: submission.key };
      return { known: known !== undefined, job: known ?? queuedJob(type, submission.id, fields) };
    },
    readJob: async (type, id) => jobs.get(jobKey(type, id)),
    listJobs: async () => ({ jobs: [...jobs.values()], next: undefined }),
    snapshots: {
      async find(id) {
        throw new PutlogError('unknown-snapshot', `there is no snapshot ${id}`);
      },
      all: async () => [],
      remove: async () => undefined,
    },
    async cancelJob({ type, id }) {
      cancelled.push(jobKey(type, id));
    },
    deadLetters: {
      page: async () => [],
      find: async () => undefined,
      async *redrive() {
        yield* [];
      },
    },
    followUps: createFollowUpReaders({
      ...{ jobs: jobsForTests, allowPrivate: false },
      unset: { callback: [], notify: [] },
    }),
    groups: {
      put: async ({ id, jobs: members, final }) => {
        const seen = members.map(({ job, id: member }) => ({ type: job.type, id: member, state: 'queued' as const }));
        return { known: false, status: { id, createdAt: 0, members: seen, final: { ...final, state: undefined } } };
      },
      find: async () => undefined,
    },
    queues: createQueues({
      ...{ jobs: jobsForTests, settings, group: 'workers', topicsOf: (queue) => [`${queue}.topic`] },
      async changeSetting(name, value) {
        if (value === undefined) known.delete(name);
        else known.set(name, { value, at: Date.UTC(2026, 0, 2), offset: 0 });
      },
      cluster: {
        // Ten commands, of which the first two and 4 have their outcome.
        committed: async () => ({
          offset: 2,
          metadata: checkpointMetadata({ offset: 2, next: 5, undone: [2, 3], eventsFrom: 0 }) ?? '',
        }),
        offsets: async ([topic = ''], at) => new Map([[topic, [at === 'latest' ? 10 : 0]]]),
        fetch: async (_, __, offset) => ({
          records: [{ offset, timestamp: Date.UTC(2026, 0, 1), key: null, value: null, headers: {} }],
          next: 10,
          end: 10,
        }),
      },
    }),
    schedules: createMemorySchedules(jobsForTests),
    stats: {
      statistics: { total: async () => noNumbers, series: async () => [], knows: async () => false },
      minutesMs: 86_400_000,
    },
    blobs: createMemoryBlobs(),
    ready: async () => ({ kafka: 'ok', mongodb: 'ok' }),
    metrics: createMetrics('api'),
    access: { identify: async () => ({ id: 'test', access: everything, anonymous: true }) },
    limits: { maxPayloadBytes: 262_144, maxBlobBytes: 1_000_000, bodyTimeoutMs: 2_000 },
    logger,
    version: '1.2.3',
    ...replaced,
  });
  /** A well-formed submit of `payload`, told by its text so that it may be anything but JSON. */
  const put = (url: string, payload: string | Buffer, headers: InjectOptions['headers'] = {}) =>
    app.inject({ method: 'PUT', url, payload, headers: { 'content-type': 'application/json', ...headers } });
  const goodPut = (id = 'good') => put(`/jobs/test.echo/${id}`, '{"n":1,"text":"x"}');
  return { app, submitted, cancelled, jobs, logged, log, hub, put, goodPut };
}
