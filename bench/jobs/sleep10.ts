// sleep10: `echo` that waits for 10 ms first, as a function that asks another service does.
import { setTimeout as sleep } from 'node:timers/promises';
import Type from 'typebox';
import { defineJob } from '../../schemas/define-job.ts';
import { answered, asked } from '../asked-and-answered.ts';

export default defineJob({
  type: 'sleep10',
  description: 'Waits for 10 ms, then returns the number and the length of the text.',
  example: { n: 1, text: 'hello' },
  payload: Type.Object(asked, { additionalProperties: false }),
  result: Type.Object(answered, { additionalProperties: false }),
  handler: ({ n, text }) => sleep(10, { n, length: text.length }),
});
