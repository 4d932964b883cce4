// What putlog.webhook and putlog.mail are given of the end of a job.
import Type from 'typebox';
import type { JobEnd } from '../../schemas/own-types.ts';

export const jobEnd = Type.Object(
  {
    id: Type.String({ maxLength: 1_000, description: 'that of the event' }),
    type: Type.Enum(['job.succeeded', 'job.failed', 'job.cancelled', 'job.dead']),
    timestamp: Type.String({ maxLength: 40, description: 'RFC 3339' }),
    data: Type.Unknown({ description: 'the status of the job' }),
  },
  { additionalProperties: false },
);

export const exampleEnd = {
  id: 'demo.echo/first/0.1/succeeded',
  type: 'job.succeeded',
  timestamp: '2026-01-02T03:04:05.678Z',
  data: { type: 'demo.echo', id: 'first', state: 'succeeded', result: { n: 1, length: 5 } },
} as const satisfies JobEnd;
