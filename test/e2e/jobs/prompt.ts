// test.prompt: takes no more once one of its jobs has waited for a second.
import { defineJob, Type } from '../../../schemas/for-jobs.ts';

export default defineJob({
  type: 'test.prompt',
  description: 'Does nothing, but soon.',
  payload: Type.Object({ n: Type.Integer() }, { additionalProperties: false }),
  result: Type.Integer(),
  maxLag: 1_000,
  handler: ({ n }) => n,
});
