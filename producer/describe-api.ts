// /openapi.json: OpenAPI 3.1, collected from the routes as they are registered. app.ts registers `describeApi` before them, and the
// route after them.
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { errorCodes } from '../schemas/error-codes.ts';
import { jobStates } from '../schemas/job-status.ts';
import { isDelivery } from '../schemas/own-types.ts';
import { componentRef, payloadName, statusName, text } from './api-description.ts';
import { securitySchemes, withAccess } from './describe-access.ts';

const time = { type: 'string', format: 'date-time' };

const problemSchema = {
  type: 'object',
  description: 'RFC 9457. `retriable`: the same request may succeed later.',
  required: ['type', 'title', 'status', 'detail', 'code', 'retriable'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    code: { type: 'string', enum: Object.keys(errorCodes) },
    retriable: { type: 'boolean' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string', format: 'json-pointer' }, detail: { type: 'string' } },
      },
    },
  },
};

const linksSchema = {
  type: 'object',
  description: 'Where it leads; each is there only where there is one',
  properties: Object.fromEntries([
    ['parent', text('The job that it follows')],
    ['then', text('The job that follows it once it has succeeded')],
    ['callback', text('The job that tells its callback of its end')],
    ['notify', text('The job that writes to notify of its end')],
    ['schedule', text('The schedule that made it')],
    ['group', text('The group that it belongs to')],
  ]),
};

const statusSchema = {
  type: 'object',
  required: ['type', 'id', 'state', 'generation', 'attempt', 'key', 'createdAt', 'updatedAt', 'position'],
  properties: {
    type: { type: 'string' },
    id: { type: 'string' },
    state: { type: 'string', enum: [...jobStates] },
    generation: { type: 'integer', description: 'Counts redrives from 0' },
    attempt: { type: 'integer', description: 'Counts runs from 1' },
    key: { type: 'string', description: 'Ordering key' },
    createdAt: time,
    startedAt: time,
    finishedAt: time,
    dueAt: { ...time, description: 'Scheduled or retrying: when it runs next' },
    updatedAt: time,
    worker: { type: 'string' },
    progress: { type: 'object', description: 'What the function said of it last, while it runs' },
    links: linksSchema,
    position: { type: 'string', description: 'Where its command is in the log: topic/partition@offset' },
    result: { description: 'What the function returned, once succeeded' },
    error: { ...componentRef('Problem'), description: 'Once failed; while retrying, of the last attempt' },
  },
};

const blobSchema = {
  type: 'object',
  required: ['id', 'size', 'contentType', 'sha256', 'createdAt'],
  properties: {
    id: { type: 'string' },
    size: { type: 'integer', description: 'Bytes' },
    contentType: { type: 'string' },
    sha256: { type: 'string', description: 'Hex' },
    createdAt: time,
  },
};

const at = '2030-01-31T08:00:00.000Z';
const statusExample = ({ type, queue }: JobDefinition) => ({
  ...{ type, id: '42', state: 'queued', generation: 0, attempt: 1, key: `${type}/42` },
  ...{ createdAt: at, updatedAt: at, position: `putlog.commands.${queue}.normal/3@1742` },
});

/** Nobody can ask for a delivery: its payload is our own too. */
const schemasOf = (job: JobDefinition) => ({
  ...(!isDelivery(job.type) && {
    [payloadName(job)]: job.example === undefined ? job.payload : { ...job.payload, examples: [job.example] },
  }),
  [statusName(job)]: {
    allOf: [
      componentRef('JobStatus'),
      { type: 'object', properties: { type: { const: job.type }, result: job.result } },
    ],
    examples: [statusExample(job)],
  },
});

/** Beside the document that the plugin makes, because it rewrites schemas for older versions of OpenAPI. */
const componentsOf = (jobs: ReadonlyMap<string, LoadedJob>) => ({
  securitySchemes,
  schemas: Object.assign(
    { JobStatus: statusSchema, Problem: problemSchema, Blob: blobSchema },
    ...[...jobs.values()].map(({ definition }) => schemasOf(definition)),
  ),
});

export const describeApi =
  ({ jobs, version }: { jobs: ReadonlyMap<string, LoadedJob>; version: string }) =>
  async (app: FastifyInstance): Promise<void> => {
    const definitions = [...jobs.values()].map(({ definition }) => definition);
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Putlog',
          version,
          description:
            'Any async function, called with one HTTP PUT, on a Kafka log. Whatever is no success is told as a problem document ' +
            '(RFC 9457) with one of the codes that the operation lists; any request can meet 405, 431 and 500 besides.',
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        servers: [{ url: '/' }],
        // Whoever reaches it may ask.
        security: [],
        tags: [
          ...definitions.map(({ type, description }) => ({ name: type, description })),
          { name: 'Jobs', description: 'Jobs of any type, also of types that are not loaded here any more' },
          { name: 'Snapshots', description: 'Lists of jobs as they were at an earlier moment' },
          { name: 'Schedules', description: 'Jobs at the times of a cron expression' },
          { name: 'Groups', description: 'Jobs that are submitted together, and one for when all are over' },
          { name: 'Blobs', description: 'Large inputs and results, which payloads and results refer to' },
          { name: 'Queues', description: 'What waits, what is paused, how many may run' },
          { name: 'Dead letters', description: 'What failed for good: to be looked at, and sent again' },
          { name: 'Service', description: 'For operators and their tools' },
        ],
      },
      // What no route describes is not part of the API: the pages of /docs, the answers to unknown job types.
      transform: ({ schema, url }) => ({ schema: { ...schema, hide: true }, url }),
    });
  };

/** A plugin; registered after the routes. */
export const descriptionRoute =
  (jobs: ReadonlyMap<string, LoadedJob>) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    // Made at the first question: most processes are never asked.
    let text: string | undefined;
    function described(): string {
      const { paths = {}, ...document } = app.swagger();
      return JSON.stringify({ ...document, paths: withAccess(paths), components: componentsOf(jobs) });
    }
    app.get('/openapi.json', (_request, reply) => {
      text ??= described();
      return reply.header('content-type', 'application/json; charset=utf-8').send(text);
    });
    done();
  };
