// putlog.snapshot: the list of jobs as it was at an earlier moment, built from the log for GET /jobs?snapshot={id}. What builds it comes with
// its context; another run of the same job begins anew.
import Type from 'typebox';
import { defineJob, typeNamePattern } from '../schemas/define-job.ts';
import { snapshotType } from '../schemas/own-types.ts';

const time = '\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)';
const position = '[A-Za-z0-9_.-]{1,249}/\\d{1,6}@\\d{1,15}';
const day = 86_400;
const about = (description: string) => ({ description });
const offsets = (description: string) => Type.Record(Type.String(), Type.Array(Type.Integer()), about(description));

export default defineJob({
  type: snapshotType,
  description: 'Builds the list of jobs as it was at a time or a position of the log, for GET /jobs?snapshot={id}.',
  payload: Type.Object(
    {
      at: Type.String({
        pattern: `^(${time}|${position})$`,
        ...about('RFC 3339 time that has passed, or a position of the log: topic/partition@offset'),
      }),
      types: Type.Optional(
        Type.Array(Type.String({ pattern: `^${typeNamePattern}$`, maxLength: 100 }), {
          ...{ minItems: 1, maxItems: 100, uniqueItems: true },
          ...about('Only jobs of these types; of all unless told'),
        }),
      ),
      keepSeconds: Type.Optional(
        Type.Integer({ minimum: 60, maximum: 7 * day, ...about('How long it can be read; a day unless told') }),
      ),
    },
    { additionalProperties: false },
  ),
  result: Type.Object(
    {
      snapshot: Type.String(about('Its name: that of the job')),
      at: Type.String(about('The moment; of a position the time of its record')),
      jobs: Type.Integer(),
      begins: offsets('By topic and partition, the first record that the log still had'),
      ends: offsets('By topic and partition, the first record that is later'),
      expiresAt: Type.String(),
    },
    { additionalProperties: false },
  ),
  example: { at: '2025-01-31T08:00:00Z' },
  timeout: day * 1_000,
  heartbeat: 60_000,
  // Each of them takes a processor core and half of MongoDB.
  limit: { concurrency: 1 },
  retry: { attempts: 3, backoffMs: 5_000 },
  handler({ at, types, keepSeconds = day }, { id, buildSnapshot, signal, progress }) {
    if (buildSnapshot === undefined)
      throw new Error('snapshots are built by workers alone, not where calls are replayed');
    return buildSnapshot({ id, at, types, keepMs: keepSeconds * 1_000 }, { signal, progress });
  },
});
