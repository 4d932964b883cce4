// demo.fail: fails in its first attempts, to see what a failure looks like and what a retry does.
import Type from 'typebox';
import { defineJob } from '../schemas/define-job.ts';

export default defineJob({
  type: 'demo.fail',
  description: 'Throws in each of the first `times` attempts, then succeeds. It has three attempts.',
  retry: { attempts: 3, backoffMs: 500 },
  example: { times: 1, message: 'not yet' },
  payload: Type.Object(
    { times: Type.Integer({ minimum: 0, maximum: 1_000 }), message: Type.String({ maxLength: 1_000 }) },
    { additionalProperties: false },
  ),
  result: Type.Object({ attempts: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
  handler({ times, message }, { attempt }) {
    if (attempt <= times) throw new Error(message);
    return { attempts: attempt };
  },
});
