// What the API description says of /stats.
import { stepLengths } from '../schemas/statistics.ts';
import { documented, json, problems, text } from './api-description.ts';

const time = (description: string, example: string) => ({ ...text(description), format: 'date-time', example });
const count = (description: string) => ({ type: 'integer', minimum: 0, description });

const histogram = (description: string) => ({
  type: 'object',
  description: `${description}. Milliseconds; count, sum and max are exact, the others are within 3.2 %`,
  required: ['count', 'sum', 'p50', 'p90', 'p99', 'max'],
  properties: {
    count: count('How many'),
    sum: count('All of them together'),
    p50: count('Half of them took no longer'),
    p90: count('Nine of ten'),
    p99: count('99 of a hundred'),
    max: count('The longest'),
  },
});

const numbers = {
  accepted: count('Jobs that were submitted in the time; each redrive counts as one'),
  waiting: count('Of those: scheduled, queued or retrying now'),
  running: count('Of those: running now'),
  succeeded: count('Ended so in the time'),
  failed: count('Ended so in the time, dead letters included'),
  dead: count('Ended as dead letters in the time'),
  cancelled: count('Ended so in the time'),
  retried: count('Attempts that failed in the time, and another one follows'),
  runTime: histogram('Of the attempts that came to an end in the time: how long the function ran'),
  waitTime: histogram('Of the first attempts that came to an end in the time: from the submit to the beginning'),
};

const spread = { count: 1_790, sum: 84_130, p50: 38, p90: 91, p99: 207, max: 1_312 };
const example = {
  ...{ accepted: 1_742, waiting: 3, running: 1, succeeded: 1_702, failed: 31, dead: 29, cancelled: 5, retried: 52 },
  ...{ runTime: spread, waitTime: { ...spread, count: 1_738 } },
};

const answer = {
  type: 'object',
  required: Object.keys(numbers),
  properties: {
    type: text('As asked'),
    from: time(
      'Where the time begins that is counted: what was asked for, at a whole step',
      '2030-01-31T08:00:00.000Z',
    ),
    to: time('Where it ends', '2030-01-31T09:00:00.000Z'),
    ...numbers,
    step: text('As asked'),
    series: {
      type: 'array',
      description: 'The steps in which anything was counted, in order',
      items: {
        type: 'object',
        required: ['from', ...Object.keys(numbers)],
        properties: { from: time('Where the step begins', '2030-01-31T08:00:00.000Z'), ...numbers },
      },
    },
  },
  examples: [example],
};

export const describeStats = documented({
  tags: ['Service'],
  operationId: 'get-stats',
  summary: 'What became of the jobs, and how long it took',
  description:
    'Without parameters of all types over all time. What is over is counted from the events of the log, and follows them by half a ' +
    'second at most; what waits and runs is as of the read model.',
  querystring: {
    type: 'object',
    properties: {
      type: { ...text('Of this job type'), example: 'image.thumbnail' },
      from: time('From then on; whole minutes, or hours where minutes are not kept any more', '2026-01-31T08:00:00Z'),
      to: time('Before then; now, unless told', '2026-01-31T09:00:00Z'),
      step: { type: 'string', enum: Object.keys(stepLengths), description: 'Step by step too; needs `from`' },
    },
  },
  response: {
    200: json('Counts', answer),
    ...problems({
      400: ['A parameter is wrong, or there would be too many steps', 'malformed-request'],
      404: ['There is no such job type, and never was', 'unknown-job-type'],
      503: ['They cannot be counted now', 'read-model-unavailable'],
    }),
  },
});
