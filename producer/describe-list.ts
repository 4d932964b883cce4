// What the API description says of listing jobs.
import { jobIdPattern } from '../schemas/job-id.ts';
import { jobStates } from '../schemas/job-status.ts';
import { componentRef, documented, json, listOf, problems, text, unreadable } from './api-description.ts';
import { snapshotProblems } from './describe-snapshots.ts';

const time = (description: string) => ({ ...text(description), format: 'date-time' });

export const describeList = documented({
  tags: ['Jobs'],
  operationId: 'list-jobs',
  summary: 'Jobs, newest first',
  description:
    'As of the read model, which follows the log by milliseconds, or as they were at the moment of a snapshot. A page may have fewer than `limit` where results are large; ' +
    'what has no `next` is the last one.',
  querystring: {
    type: 'object',
    explode: false,
    properties: {
      type: text('Of this job type'),
      state: listOf({ type: 'string', enum: [...jobStates] }, 'In one of these states, separated by commas'),
      createdAfter: time('Not before this time'),
      createdBefore: time('Before this time'),
      key: text('With this ordering key'),
      snapshot: { ...text('As they were: id of a job of putlog.snapshot that has succeeded'), pattern: jobIdPattern },
      limit: { type: 'integer', minimum: 1, maximum: 500, description: 'How many; 50 unless told' },
      cursor: text('Where the page before ended: from its `next`. Only with the same filters'),
    },
  },
  headers: { type: 'object', properties: { 'If-None-Match': text('ETag of what you have') } },
  response: {
    200: json(
      'A page',
      {
        type: 'object',
        required: ['jobs'],
        properties: {
          jobs: { type: 'array', items: componentRef('JobStatus') },
          next: text('Where the next page is; absent: there is none'),
        },
      },
      { Link: text('The next page, rel="next"'), ETag: text('Of the page') },
    ),
    304: { description: 'The same page as the ETag in If-None-Match', type: 'null' },
    ...problems({
      400: 'Malformed query, or the cursor of another',
      ...snapshotProblems,
      503: ['Jobs cannot be read now', ...unreadable],
    }),
  },
});
