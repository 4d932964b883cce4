// test.jitter: takes 0 to 5 ms by chance, so that calls overtake each other wherever nothing keeps them in order.
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, Type } from '../../../schemas/for-jobs.ts';

export default defineJob({
  type: 'test.jitter',
  description: 'Waits for a moment and returns its number.',
  payload: Type.Object({ n: Type.Integer() }, { additionalProperties: false }),
  result: Type.Object({ n: Type.Integer() }, { additionalProperties: false }),
  handler: ({ n }) => sleep(Math.random() * 5, { n }),
});
