// What the API description says of /jobs/{type}/{id}/events and /events.
import { typeNamePattern } from '../schemas/define-job.ts';
import { eventKinds } from '../schemas/event.ts';
import { anyJobParams, componentRef, documented, listOf, problems, text } from './api-description.ts';

const time = (description: string) => ({ ...text(description), format: 'date-time' });

const event = {
  type: 'object',
  required: ['id', 'kind', 'job', 'generation', 'attempt', 'at', 'worker', 'position', 'command'],
  properties: {
    id: text('Of the event: the same in the log (ce_id) and in a webhook'),
    kind: { type: 'string', enum: [...eventKinds] },
    job: text('<type>/<id>'),
    generation: { type: 'integer', description: 'Counts redrives from 0' },
    attempt: { type: 'integer', description: 'Counts runs from 1' },
    at: time('When'),
    startedAt: time('When the attempt began'),
    dueAt: time('Scheduled or retrying: when it runs next'),
    worker: text('Who says so'),
    position: text('Where it is in the log: topic/partition@offset'),
    command: text('Where the command is that it is about'),
    progress: { type: 'object', description: 'Progressed: what the function says of it' },
    result: { description: 'Succeeded: what the function returned' },
    error: componentRef('Problem'),
  },
};

/** Of each event: OpenAPI 3.1 has no word for a stream of them, and tools that read one take it so. */
const stream = {
  schema: {
    type: 'object',
    description:
      'Each event of the stream. A comment every 15 s. `event: overflow`: the client did not read for so long that it was sent off',
    properties: {
      id: text('Its id, and where it stands; a stream that is opened again goes on behind it'),
      event: text('Its kind'),
      data: text('The same JSON'),
      retry: { type: 'integer', description: 'Milliseconds until a stream that broke is opened again' },
    },
  },
};
const unreadable = 'The log, or the status of the job, cannot be read now';

export const describeJobEvents = documented({
  tags: ['Jobs'],
  operationId: 'get-job-events',
  summary: 'What happened to a job, as the log has it; as an event stream also what happens until it is over',
  params: anyJobParams,
  querystring: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100, description: 'Not of a stream' },
      cursor: { ...text('Of the Link of an earlier answer'), pattern: '^[0-9a-z]{1,10}$' },
    },
  },
  headers: {
    type: 'object',
    properties: {
      Accept: { ...text('text/event-stream: follow it'), example: 'text/event-stream' },
      'Last-Event-ID': text('Of a stream: go on behind this one'),
    },
  },
  response: {
    200: {
      description: 'Its events in order',
      headers: { Link: text('rel="next": the events after these; absent behind the last') },
      content: {
        'application/json': { schema: { type: 'array', items: event } },
        'text/event-stream': stream,
      },
    },
    204: { description: 'Last-Event-ID is that of its end: nothing follows', type: 'null' },
    ...problems({ 400: 'Malformed id or query', 404: 'The log holds no such job', 503: unreadable }),
  },
});

export const describeEvents = documented({
  tags: ['Jobs'],
  operationId: 'follow-events',
  summary: 'What happens to jobs from now on, as an event stream',
  description:
    'Live only: who must not miss any reads the log, or follows one job. A stream that ends is to be opened again.',
  querystring: {
    type: 'object',
    explode: false,
    properties: {
      type: listOf(
        { type: 'string', pattern: `^${typeNamePattern}$`, maxLength: 100 },
        'Of these types alone, separated by commas',
      ),
      kind: {
        ...listOf({ type: 'string', enum: [...eventKinds] }, 'Of these kinds alone, separated by commas'),
        example: ['succeeded', 'failed', 'dead', 'cancelled'],
      },
    },
  },
  response: {
    200: {
      description: 'The events of all partitions, each of them in order',
      content: { 'text/event-stream': stream },
    },
    ...problems({ 400: 'Malformed query', 503: 'The log cannot be read now' }),
  },
});
