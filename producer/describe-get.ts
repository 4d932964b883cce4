// What the API description says of GET /jobs/{type}/{id}: of each type, and of any.
import type { JobDefinition } from '../schemas/define-job.ts';
import {
  anyJobParams,
  componentRef,
  documented,
  etag,
  idParam,
  ifNoneMatch,
  json,
  prefer,
  preferenceApplied,
  problems,
  retryAfter,
  statusName,
  text,
  unreadable,
} from './api-description.ts';

const contentLocation = {
  'Content-Location': text('With `at`: the same answer by the position of the record that made it so'),
};

const getQuery = {
  type: 'object',
  properties: {
    at: {
      ...text(
        'What was known of it then: a time that has passed (RFC 3339), or a position of the log (topic/partition@offset, inclusive); a ' +
          'position that is not in the partition of its events stands for the time of its record. `Prefer` is passed over',
      ),
      examples: ['2026-01-31T08:00:00Z', 'putlog.events/3@1742'],
      anyOf: [
        { type: 'string', format: 'date-time' },
        { type: 'string', pattern: '^[\\w.-]{1,249}/\\d{1,6}@\\d{1,15}$' },
      ],
    },
  },
};

const getResponses = (schema: object) => ({
  200: json('What is known, or was', schema, { ...etag, ...contentLocation, ...preferenceApplied, ...retryAfter }),
  304: { description: 'Nothing new since the ETag in If-None-Match', type: 'null' },
  ...problems({
    400: ['Malformed id or query, or a time that has not come yet', 'invalid-id', 'malformed-request'],
    404: [
      'The log holds no such job, or did not at that time; or it has no such position (yet)',
      ...(['unknown-job', 'unknown-job-type', 'unknown-position'] as const),
    ],
    410: ['What could tell of that time was deleted by retention', 'records-deleted'],
    503: ['Status, or the log, cannot be read now, or status is behind the log', ...unreadable, 'log-unreadable'],
  }),
});

const getHeaders = { type: 'object', properties: { ...ifNoneMatch, ...prefer } };

export const describeGet = (job: JobDefinition) =>
  documented({
    tags: [job.type],
    operationId: `get-${job.type}`,
    summary: `Status and result of ${job.type}`,
    params: idParam,
    querystring: getQuery,
    headers: getHeaders,
    response: getResponses(componentRef(statusName(job))),
  });

export const describeGetAny = documented({
  tags: ['Jobs'],
  operationId: 'get-job',
  summary: 'Status and result of a job of any type, loaded here or not',
  params: anyJobParams,
  querystring: getQuery,
  headers: getHeaders,
  response: getResponses(componentRef('JobStatus')),
});
