// What the API description says of /snapshots, and of what a snapshot may be refused for.
import { documented, idParam, json, problems, text, unreadable } from './api-description.ts';

export const snapshotProblems = {
  404: ['No job has built such a snapshot', 'unknown-snapshot'],
  409: ['It is still being built; Location says by which job', 'snapshot-not-ready'],
  410: ['It has expired, or was deleted', 'snapshot-gone'],
} as const;

const time = (description: string) => ({ ...text(description), format: 'date-time' });

const snapshot = {
  type: 'object',
  required: ['id', 'at', 'moment', 'jobs', 'begunAt', 'expiresAt', 'links'],
  properties: {
    id: text('That of its job'),
    at: text('As it was asked for: a time, or a position of the log'),
    moment: time('The same as a time'),
    types: { type: 'array', items: { type: 'string' }, description: 'It has only jobs of these; absent: of all' },
    jobs: { type: 'integer', description: 'How many' },
    begunAt: time('When it was begun'),
    expiresAt: time('Until when it can be read'),
    links: {
      type: 'object',
      properties: { job: text('The job that built it'), list: text('Its jobs, newest first') },
    },
  },
};

export const describeSnapshots = documented({
  tags: ['Snapshots'],
  operationId: 'list-snapshots',
  summary: 'Snapshots that can be read, newest first; at most 500',
  description: 'Built by PUT /jobs/putlog.snapshot/{id}, read by GET /jobs?snapshot={id}.',
  response: {
    200: json('All of them', {
      type: 'object',
      required: ['snapshots'],
      properties: { snapshots: { type: 'array', items: snapshot } },
    }),
    ...problems({ 503: ['They cannot be read now', 'read-model-unavailable'] }),
  },
});

export const describeSnapshotDelete = documented({
  tags: ['Snapshots'],
  operationId: 'delete-snapshot',
  summary: 'Delete a snapshot before its time; its job stays',
  params: idParam,
  response: {
    204: { description: 'Nobody can read it any more', type: 'null' },
    ...problems({
      404: ['No job has built such a snapshot', 'unknown-snapshot'],
      409: ['It is still being built: cancel its job, which Location names', 'snapshot-not-ready'],
      410: ['It has expired, or was deleted', 'snapshot-gone'],
      503: ['It cannot be asked for now', ...unreadable],
    }),
  },
});
