// fault.flaky fails in its first attempts, as often as it is told, and writes down when each begins and ends.
import { defineJob, Type } from '../../../schemas/for-jobs.ts';
import { writeDown } from '../executions.ts';

export default defineJob({
  type: 'fault.flaky',
  description: 'Throws in each of the first `failures` attempts.',
  payload: Type.Object({ failures: Type.Integer({ minimum: 0 }) }, { additionalProperties: false }),
  result: Type.Object({ attempt: Type.Integer() }, { additionalProperties: false }),
  retry: { attempts: 8, backoffMs: 100, maxBackoffMs: 1_000 },
  handler({ failures }, { idempotencyKey, generation, attempt }) {
    const part = { job: idempotencyKey, generation, attempt, key: '', number: null };
    writeDown('begin', part);
    writeDown('end', part);
    if (attempt <= failures) throw new Error(`attempt ${attempt} fails on purpose`);
    return { attempt };
  },
});
