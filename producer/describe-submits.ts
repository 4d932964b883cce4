// What the API description says of submitting without an id, and of many at once.
import type { JobDefinition } from '../schemas/define-job.ts';
import {
  componentRef,
  documented,
  json,
  payloadName,
  problems,
  retryAfter,
  statusName,
  submitHeaders,
  submitQuery,
  text,
} from './api-description.ts';
import { lineSchema } from './read-line.ts';

const location = { Location: text('Where its status is') };

export const describePost = (job: JobDefinition) =>
  documented({
    tags: [job.type],
    operationId: `post-${job.type}`,
    summary: `Call ${job.type} without an id`,
    description:
      'As PUT, under an id that the server makes. With an Idempotency-Key it may be sent again: it runs once.',
    querystring: submitQuery,
    headers: {
      type: 'object',
      properties: {
        ...submitHeaders.properties,
        'Idempotency-Key': {
          ...text('1 to 255 characters in quotes: the same key is the same call, for as long as its id is remembered'),
          example: '"order-7"',
        },
      },
    },
    body: { content: { 'application/json': { schema: componentRef(payloadName(job)) } } },
    response: {
      200: json('Known already, under the same key, with the same payload', componentRef(statusName(job)), {
        ...location,
        ...retryAfter,
      }),
      202: json('Accepted: it is in the log', componentRef(statusName(job)), { ...location, ...retryAfter }),
      ...problems({
        400: 'Malformed key, query or JSON',
        408: 'The body arrived too slowly',
        412: 'If-None-Match: * and there is a job of this key',
        413: 'Too large; use a blob',
        415: 'Not JSON',
        422: 'The payload does not fit its schema, or the key stands for another call; or nobody can be told of its end here',
        503: 'The log cannot take it now; send the same again after Retry-After',
      }),
    },
  });

const line = { type: 'integer', description: 'Which line of the request it is about, from 1; blank ones count' };
const lineResult = {
  oneOf: [
    {
      type: 'object',
      required: ['line', 'status', 'type', 'id', 'location'],
      properties: {
        line,
        status: { type: 'integer', enum: [200, 202], description: '202: accepted; 200: known already' },
        type: text('Job type'),
        id: text('As given, or as made here'),
        location: text('Where its status is'),
      },
    },
    { allOf: [componentRef('Problem'), { type: 'object', required: ['line'], properties: { line } }] },
  ],
};

export const describePostMany = documented({
  tags: ['Jobs'],
  operationId: 'post-jobs',
  summary: 'Submit many jobs, one a line',
  description:
    'One result line for each line, in the same order, while the body still arrives: read while you send. A line that is refused ' +
    'is a problem document with `line`; the others go on. Blank lines have no result. No limit on the whole; each line may be as ' +
    'large as a payload, and has as long to arrive as the body of a PUT.',
  headers: {
    type: 'object',
    properties: {
      'If-None-Match': { type: 'string', const: '*', description: 'Refuse each line, with 412, whose job exists' },
      Priority: text('Of the lines that name no priority of their own'),
      'Idempotency-Key': text(
        'With it the whole request may be sent again: each line without an id is the same call as that line before',
      ),
    },
  },
  body: { content: { 'application/x-ndjson': { schema: lineSchema } } },
  response: {
    200: { description: 'One line each', content: { 'application/x-ndjson': { schema: lineResult } } },
    ...problems({ 400: 'Malformed key, or a query', 415: 'Not application/x-ndjson' }),
  },
});
