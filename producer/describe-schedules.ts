// What the API description says of /schedules.
import type { FastifySchema } from 'fastify';
import { scheduleRequestSchema } from '../schemas/schedule.ts';
import { documented, json, problems, text } from './api-description.ts';

const told: Record<keyof typeof scheduleRequestSchema.properties, string> = {
  cron: 'Five fields (minute hour day month weekday), or six with the second before them',
  timeZone: 'IANA name; UTC unless told',
  type: 'Job type',
  payload: 'Of each of its jobs; must fit the schema of the type',
  key: 'Ordering key of its jobs; schedule/{id} unless told',
  overlap:
    'When the job before is not over: queue (unless told) lets the new one wait behind it, skip leaves it out, cancel-old cancels the one before',
  missed: 'Of the times that nobody could heed: one (unless told) runs the latest, all each of them, skip none',
  paused: 'No time runs until it is false again',
};
const described = Object.fromEntries(
  Object.entries(scheduleRequestSchema.properties).map(([name, schema]) => [
    name,
    { ...schema, description: told[name as keyof typeof told] },
  ]),
);
const time = (description: string) => ({ ...text(description), format: 'date-time' });

const schedule = {
  type: 'object',
  properties: {
    id: text('Yours'),
    ...described,
    createdAt: time('When it was made'),
    updatedAt: time('When it was told last'),
    next: { type: 'array', items: time('In UTC'), description: 'The next three times; none while it is paused' },
    last: {
      type: 'object',
      description: 'Its latest job',
      properties: { at: time('The time that it is for'), job: text('type/id') },
    },
    skipped: { type: 'integer', description: 'How many times were left out because the job before was not over' },
    links: { type: 'object', properties: { self: text('Of this'), last: text('Of its latest job') } },
  },
};
const idParam = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', pattern: '^[A-Za-z0-9._~-]{1,180}$', description: 'Yours to choose' } },
};
const none = ['There is none', 'unknown-schedule'] as const;
const unreadable = ['It cannot be read now', 'read-model-unavailable', 'keys-unavailable'] as const;

const schedules = (operationId: string, summary: string, schema: FastifySchema) =>
  documented({ tags: ['Schedules'], operationId, summary, ...schema });

export const describeSchedulePut = schedules('put-schedule', 'Make a schedule, or change it', {
  description:
    'Each time makes one job, of which the id names the time: nightly.20261121T030000Z. The same again changes nothing; a change of when, or of what runs, makes up for no time before it.',
  params: idParam,
  headers: {
    type: 'object',
    properties: { 'If-None-Match': { type: 'string', const: '*', description: 'Refuse with 412 if it exists' } },
  },
  body: { content: { 'application/json': { schema: { ...scheduleRequestSchema, properties: described } } } },
  response: {
    200: json('Changed, or as it was', schedule),
    201: json('Made', schedule, { Location: text('Where it is') }),
    ...problems({
      400: ['Malformed id or JSON', 'invalid-id', 'malformed-json'],
      408: ['The body arrived too slowly', 'request-timeout'],
      412: ['If-None-Match: * and it exists', 'precondition-failed'],
      413: ['Too large; use a blob', 'payload-too-large', 'record-too-large'],
      415: ['Not JSON', 'unsupported-media-type'],
      422: ['The schedule or its payload does not fit; `errors` says where', 'invalid-schedule', 'invalid-payload'],
      503: [
        'The log cannot take it now; send the same again after Retry-After',
        ...([
          'log-unavailable',
          'outcome-unknown',
          'overloaded',
          'read-model-unavailable',
          'keys-unavailable',
        ] as const),
      ],
    }),
  },
});

export const describeSchedule = schedules('get-schedule', 'A schedule: when it runs next, and its latest job', {
  params: idParam,
  response: { 200: json('As it is', schedule), ...problems({ 404: none, 503: unreadable }) },
});

export const describeSchedules = schedules('list-schedules', 'Schedules, by id', {
  querystring: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 500, description: 'How many; 50 unless told' },
      after: text('Behind this id'),
    },
  },
  response: {
    200: json(
      'A page',
      { type: 'object', properties: { schedules: { type: 'array', items: schedule } } },
      { Link: text('The next page, rel="next"') },
    ),
    ...problems({ 400: ['Malformed query', 'malformed-request'], 503: unreadable }),
  },
});

export const describeScheduleDelete = schedules('delete-schedule', 'End a schedule; its jobs stay', {
  params: idParam,
  response: {
    204: { description: 'Ended', type: 'null' },
    ...problems({ 404: none, 503: ['The log cannot take it now', 'log-unavailable', 'outcome-unknown', 'overloaded'] }),
  },
});
