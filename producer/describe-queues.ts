// What the API description says of /queues and /limits.
import type { FastifySchema } from 'fastify';
import { limitSchema } from '../schemas/limit.ts';
import { documented, json, problems, text } from './api-description.ts';

const time = (description: string) => ({ ...text(description), format: 'date-time' });

const queue = {
  type: 'object',
  required: ['name', 'types', 'paused', 'depth'],
  properties: {
    name: text('Its name'),
    types: { type: 'array', items: text('Job type'), description: 'What runs in it' },
    paused: { type: 'boolean', description: 'Nothing of it begins' },
    pausedAt: time('Since when'),
    depth: {
      type: 'integer',
      description: 'Commands without an outcome, those that run included; a second old at most',
    },
    oldestAt: time('When the oldest of them was put there'),
  },
};
const limit = {
  type: 'object',
  required: ['type'],
  properties: {
    type: text('Job type'),
    ...limitSchema.properties,
    changedAt: time('When it took the place of that of the definition'),
  },
};
const list = (name: string, items: object) => ({ type: 'object', properties: { [name]: { type: 'array', items } } });
const ofQueue = { type: 'object', required: ['queue'], properties: { queue: text('Name of the queue') } };
const ofType = { type: 'object', required: ['type'], properties: { type: text('Job type') } };

const about = (operationId: string, summary: string, schema: FastifySchema) =>
  documented({ tags: ['Queues'], operationId, summary, ...schema });

const noAnswer = ['Kafka does not answer now', 'log-unavailable', 'outcome-unknown', 'overloaded'] as const;
const notThere = { 404: ['There is no such queue', 'unknown-queue'], 503: noAnswer } as const;
const noType = { 404: ['There is no such job type', 'unknown-job-type'] } as const;

export const describeQueues = about('list-queues', 'What waits in each queue', {
  response: { 200: json('All queues', list('queues', queue)), ...problems({ 503: noAnswer }) },
});
export const describeQueue = about('get-queue', 'What waits in a queue', {
  params: ofQueue,
  response: { 200: json('The queue', queue), ...problems(notThere) },
});
export const describePause = about('pause-queue', 'Begin nothing more of a queue; what runs goes on', {
  params: ofQueue,
  response: { 200: json('The queue', queue), ...problems(notThere) },
});
export const describeResume = about('resume-queue', 'Let a queue that was paused go on', {
  params: ofQueue,
  response: { 200: json('The queue', queue), ...problems(notThere) },
});
export const describeLimits = about('list-limits', 'How many of each type may run', {
  response: { 200: json('All types', list('limits', limit)) },
});
export const describeLimit = about('get-limit', 'How many of a type may run', {
  params: ofType,
  response: { 200: json('The limit; neither member: there is none', limit), ...problems(noType) },
});
export const describeSetLimit = about('set-limit', 'Say how many of a type may run, in the whole system, from now on', {
  params: ofType,
  body: { content: { 'application/json': { schema: limitSchema } } },
  response: {
    200: json('The limit', limit),
    ...problems({
      ...{ 400: ['It is not JSON', 'malformed-json'], ...noType, 408: ['It arrived too slowly', 'request-timeout'] },
      ...{ 413: ['Too large', 'payload-too-large'], 415: ['Not JSON', 'unsupported-media-type'] },
      ...{ 422: ['It is no limit', 'invalid-payload'], 503: noAnswer },
    }),
  },
});
export const describeResetLimit = about('reset-limit', 'The limit of the definition again', {
  params: ofType,
  response: { 200: json('The limit', limit), ...problems({ ...noType, 503: noAnswer }) },
});
