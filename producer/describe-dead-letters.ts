// What the API description says of /dead-letters.
import type { FastifySchema } from 'fastify';
import { documented, json, problems, text } from './api-description.ts';

const deadLetter = {
  type: 'object',
  required: ['position', 'generation', 'attempt', 'code', 'detail', 'at'],
  properties: {
    position: text('Where its command is: topic/partition@offset'),
    type: text('Absent where nobody could read the record'),
    id: text('As type'),
    job: text('Where the status of its job is'),
    generation: { type: 'integer', description: 'Counts redrives from 0' },
    attempt: { type: 'integer', description: 'How many attempts it had' },
    code: text('Why; docs/errors.md has them all'),
    detail: text('Why, in words'),
    at: { type: 'string', format: 'date-time' },
    redrivenAt: { type: 'string', format: 'date-time', description: 'When it was sent again' },
  },
};
const deadLetterFilter = {
  type: text('Of this job type'),
  code: text('With this cause'),
  position: text('At this position'),
  after: { ...text('Not before this time'), format: 'date-time' },
  before: { ...text('Before this time'), format: 'date-time' },
};
const count = (description: string, maximum: number) => ({ type: 'integer', minimum: 1, maximum, description });
const deadLetters = (operationId: string, summary: string, schema: FastifySchema) =>
  documented({ tags: ['Dead letters'], operationId, summary, ...schema });

const unreadable = ['It cannot be read now', 'read-model-unavailable'] as const;

export const describeDeadLetters = deadLetters('list-dead-letters', 'What ended as dead, newest first', {
  querystring: {
    type: 'object',
    properties: {
      ...deadLetterFilter,
      redriven: { type: 'boolean', description: 'Only those that were sent again, or were not' },
      limit: count('How many; 50 unless told', 500),
      cursor: text('Where the page before ended: from its Link'),
    },
  },
  response: {
    200: json(
      'A page',
      { type: 'object', properties: { deadLetters: { type: 'array', items: deadLetter } } },
      {
        Link: text('The next page, rel="next"'),
      },
    ),
    ...problems({ 400: ['Malformed query', 'malformed-request'], 503: unreadable }),
  },
});

export const describeDeadLetter = deadLetters('get-dead-letter', 'One dead letter, with the bytes of its record', {
  params: {
    type: 'object',
    required: ['topic', 'partition', 'offset'],
    properties: { topic: text('Of its command'), partition: text('Of its command'), offset: text('Of its command') },
  },
  response: {
    200: json('With `original`, base64; null where it did not fit', deadLetter),
    ...problems({ 404: ['Nothing is dead there', 'unknown-dead-letter'], 503: unreadable }),
  },
});

export const describeRedrive = deadLetters('redrive', 'Send dead letters again, as new generations of their jobs', {
  description: 'At least one filter. The answer has a line for each as it goes; hang up and no more are sent.',
  querystring: {
    type: 'object',
    properties: {
      ...deadLetterFilter,
      limit: count('At most so many; 1000 unless told', 10_000),
      perSecond: count('At most so many a second; 50 unless told', 1_000),
    },
  },
  response: {
    200: { description: 'One line each', content: { 'application/x-ndjson': { schema: deadLetter } } },
    ...problems({
      400: ['Malformed query, or no filter', 'malformed-request'],
      503: [
        'They cannot be read, or sent, now',
        ...(['read-model-unavailable', 'log-unavailable', 'outcome-unknown', 'overloaded'] as const),
      ],
    }),
  },
});
