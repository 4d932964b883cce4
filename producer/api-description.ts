// What /openapi.json says of each route, beside which it stands as its `config`. A job type has its own two operations with
// its schemas in full; describe-api.ts puts those under components/schemas, untouched.
import type { FastifyContextConfig, FastifySchema } from 'fastify';
import '@fastify/swagger';
import type { JobDefinition } from '../schemas/define-job.ts';
import { jobIdPattern } from '../schemas/job-id.ts';
import { describeProblems, withUsualProblems } from './describe-problems.ts';

/** Schemas are for readers only here: fastify neither validates nor serializes by them. */
export const documented = (schema: FastifySchema): FastifyContextConfig => ({
  swaggerTransform: ({ url }) => ({ schema: withUsualProblems(schema), url }),
});

export const componentRef = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const payloadName = ({ type }: JobDefinition): string => `${type}.payload`;
export const statusName = ({ type }: JobDefinition): string => `${type}.status`;

export const json = (description: string, schema: object, headers?: object) => ({
  description,
  content: { 'application/json': { schema } },
  ...(headers && { headers }),
});

export const problems = describeProblems;

export const text = (description: string) => ({ type: 'string', description });
/** One or more, separated by commas: in a query that says `explode: false`. */
export const listOf = (items: object, description: string) => ({ type: 'array', minItems: 1, items, description });
export const retryAfter = {
  'Retry-After': { type: 'integer', description: 'Seconds; absent once the job is terminal' },
};
export const etag = { ETag: text('Changes with whatever is known of it') };
const duration = (description: string) => ({
  ...text(description),
  pattern: '^(\\d+(\\.\\d{1,3})?|P(?=\\d|T\\d)(\\d+W)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+(\\.\\d{1,3})?S)?)?)$',
});
export const idParam = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', pattern: jobIdPattern, description: 'Yours to choose' } },
};
export const anyJobParams = {
  type: 'object',
  required: ['type', 'id'],
  properties: { type: text('Job type, a dotted name'), ...idParam.properties },
};

export const prefer = {
  Prefer: {
    ...text(
      'RFC 7240. wait=N: hold the answer back for up to N seconds, until the job is over; respond-async: with it, 202 where that does ' +
        'not do; handling=strict: a job that did not succeed is answered by its problem document and its status',
    ),
    example: 'wait=10',
  },
};
export const preferenceApplied = {
  'Preference-Applied': text('What of Prefer was done, and how long a wait was granted'),
};

export const submitHeaders = {
  type: 'object',
  properties: {
    ...prefer,
    'If-None-Match': { type: 'string', const: '*', description: 'Refuse with 412 if the job exists' },
    Priority: {
      ...text('Urgency, RFC 9218: u=0 to u=2 goes first, u=5 to u=7 last; u=3 unless told. All else in it is ignored'),
      example: 'u=1',
    },
  },
};

const followUps = Object.fromEntries([
  [
    'then',
    {
      type: 'array',
      maxItems: 10,
      items: { type: 'string' },
      description:
        '<type> or <type>/<id>: runs once this has succeeded, with its result as payload; again for what runs after that. ' +
        'Without an id it has the id of this job',
    },
  ],
  [
    'callback',
    {
      ...text('URL that is told of the end of the job: a webhook, signed as https://www.standardwebhooks.com says'),
      format: 'uri',
    },
  ],
  ['notify', text('mailto:<address> that is written to at the end of the job')],
]);

export const submitQuery = {
  type: 'object',
  properties: {
    key: {
      ...text('Ordering key: calls with one key run in order. Default: type and id'),
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ufffd]{1,200}$',
    },
    delay: duration(
      'Not before so many seconds have passed, or an ISO 8601 duration such as PT1H30M; at most 366 days',
    ),
    notBefore: { ...text('Not before this time; at most 366 days from now'), format: 'date-time' },
    timeout: duration('In place of the timeout of the type: seconds, or an ISO 8601 duration; at most 24 days'),
    ...followUps,
  },
};

export const describePut = (job: JobDefinition) =>
  documented({
    tags: [job.type],
    operationId: `put-${job.type}`,
    summary: `Call ${job.type}`,
    description: job.description,
    params: idParam,
    querystring: submitQuery,
    headers: submitHeaders,
    body: { content: { 'application/json': { schema: componentRef(payloadName(job)) } } },
    response: {
      200: json('Known already, with the same payload; or over within Prefer: wait', componentRef(statusName(job)), {
        ...preferenceApplied,
        ...retryAfter,
      }),
      202: json('Accepted: it is in the log', componentRef(statusName(job)), {
        Location: text('Where its status is'),
        ...preferenceApplied,
        ...retryAfter,
      }),
      ...problems({
        400: ['Malformed id, query or JSON', 'invalid-id', 'malformed-json'],
        408: ['The body arrived too slowly', 'request-timeout'],
        409: ['The id is taken by another payload', 'id-conflict'],
        412: ['If-None-Match: * and the job exists', 'precondition-failed'],
        413: ['Too large; use a blob', 'payload-too-large', 'record-too-large'],
        415: ['Not JSON', 'unsupported-media-type'],
        422: [
          'The payload does not fit its schema, `errors` says where; or nobody can be told of its end here',
          ...(['invalid-payload', 'not-configured', 'address-not-allowed'] as const),
        ],
        503: [
          'The log cannot take it now; send the same again after Retry-After',
          ...(['log-unavailable', 'outcome-unknown', 'overloaded', 'shutting-down'] as const),
          ...(job.personal === null ? [] : (['keys-unavailable'] as const)),
        ],
      }),
    },
  });

export const unreadable = ['read-model-unavailable', 'read-model-behind'] as const;

export const ifNoneMatch = { 'If-None-Match': text('ETag of what you have') };
const deletion = (schema: object): FastifySchema => ({
  description: 'Wherever it is: scheduled, queued, retrying or running. A function that runs gets its signal aborted.',
  headers: { type: 'object', properties: { 'If-Match': text('ETag of what you have') } },
  response: {
    200: json('It is over already; nothing changes', schema),
    202: json('Asked for; its status tells what came first', schema, {
      Location: text('Where its status is'),
      ...retryAfter,
    }),
    ...problems({
      404: ['The log holds no such job', 'unknown-job', 'unknown-job-type'],
      412: ['The job is not what If-Match names any more', 'precondition-failed'],
      503: ['It cannot be asked for now', ...unreadable, 'log-unavailable', 'outcome-unknown', 'overloaded'],
    }),
  },
});

export const describeDelete = (job: JobDefinition) =>
  documented({
    ...{ tags: [job.type], operationId: `cancel-${job.type}`, summary: `Ask for the end of a ${job.type}` },
    ...{ params: idParam, ...deletion(componentRef(statusName(job))) },
  });

export const describeDeleteAny = documented({
  ...{ tags: ['Jobs'], operationId: 'cancel-job', summary: 'Ask for the end of a job of any type, loaded here or not' },
  ...{ params: anyJobParams, ...deletion(componentRef('JobStatus')) },
});

const health = { type: 'object', properties: { status: text('ok, or not') } };
export const describeLive = documented({
  tags: ['Service'],
  operationId: 'get-livez',
  summary: 'Whether the process serves',
  response: { 200: json('It does', health) },
});
export const describeReady = documented({
  tags: ['Service'],
  operationId: 'get-readyz',
  summary: 'Whether all that the process needs answers',
  response: {
    200: json('All of it', health),
    503: json('Not all of it; `checks` says what; or it is stopping', health),
  },
});
export const describeMetrics = documented({
  tags: ['Service'],
  operationId: 'get-metrics',
  summary: 'Metrics for Prometheus',
  response: { 200: { description: 'Text format', content: { 'text/plain': { schema: { type: 'string' } } } } },
});
