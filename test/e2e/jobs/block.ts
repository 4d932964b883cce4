// test.block: holds the event loop of its worker up, as a careless function does.
import { defineJob, Type } from '../../../schemas/for-jobs.ts';

export default defineJob({
  type: 'test.block',
  description: 'Computes for so many milliseconds on the event loop.',
  payload: Type.Object({ ms: Type.Integer() }, { additionalProperties: false }),
  result: Type.Null(),
  handler({ ms }) {
    for (const until = performance.now() + ms; performance.now() < until; );
    return null;
  },
});
