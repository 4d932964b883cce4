// test.mirror: gives back what it was given, whatever it is.
import { defineJob, Type } from '../../../schemas/for-jobs.ts';

export default defineJob({
  type: 'test.mirror',
  description: 'Returns its payload.',
  payload: Type.Unknown(),
  result: Type.Unknown(),
  handler: (payload) => payload,
});
