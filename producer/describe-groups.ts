// What the API description says of /groups.
import type { FastifySchema } from 'fastify';
import { documented, idParam, json, problems, text } from './api-description.ts';
import { groupBody } from './check-group.ts';

const retryAfter = { 'Retry-After': { type: 'integer', description: 'Seconds; absent once all of it is over' } };

const jobInGroup = {
  type: 'object',
  required: ['type', 'id', 'link'],
  properties: {
    type: text('Job type'),
    id: text('Of the job'),
    state: text('As in its status; absent: it is not there yet'),
    link: text('Where its status is'),
  },
};
const status = {
  type: 'object',
  required: ['id', 'createdAt', 'total', 'done', 'jobs', 'then'],
  properties: Object.fromEntries([
    ['id', text('Yours to choose')],
    ['createdAt', { type: 'string', format: 'date-time' }],
    ['total', { type: 'integer', description: 'How many jobs it has' }],
    ['done', { type: 'integer', description: 'How many of them are over, however they ended' }],
    ['jobs', { type: 'array', items: jobInGroup }],
    ['then', { ...jobInGroup, description: 'What runs when all of them are over' }],
  ]),
};

const group = (operationId: string, summary: string, schema: FastifySchema) =>
  documented({ tags: ['Groups'], operationId, summary, params: idParam, ...schema });

export const describeGroupPut = group('put-group', 'Submit jobs together, and one for when all of them are over', {
  description:
    'The job in `then` runs once all others have ended, however they did. Its payload is {"group": id, "jobs": [{type, id, state, ' +
    'result or error}]}, in the order of the group; without results where they are too large for a payload together.',
  body: { content: { 'application/json': { schema: groupBody } } },
  response: {
    200: json('Known already, with the same jobs; nothing changes', status, retryAfter),
    202: json('Accepted: all of its jobs are in the log', status, { Location: text('Where it is'), ...retryAfter }),
    ...problems({
      400: ['Malformed id or JSON', 'invalid-id', 'malformed-json'],
      408: ['The body arrived too slowly', 'request-timeout'],
      409: ['The group, or a job of it, is there already and is another; nothing was submitted', 'group-conflict'],
      413: ['Too large', 'payload-too-large', 'record-too-large'],
      415: ['Not JSON', 'unsupported-media-type'],
      422: ['A job does not fit; `errors` says which, and where', 'invalid-payload'],
      503: [
        'The log cannot take it now, or groups cannot be read; send the same again after Retry-After',
        ...([
          'log-unavailable',
          'outcome-unknown',
          'overloaded',
          'queue-full',
          'type-behind',
          'read-model-unavailable',
          'keys-unavailable',
        ] as const),
      ],
    }),
  },
});

export const describeGroupGet = group('get-group', 'Which jobs of a group are over', {
  response: {
    200: json('What is known', status, retryAfter),
    ...problems({
      404: ['There is no such group', 'unknown-group'],
      503: ['Groups cannot be read now', 'read-model-unavailable'],
    }),
  },
});
