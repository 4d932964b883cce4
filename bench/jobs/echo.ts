// echo: what `npm run bench` asks of Putlog and of every other system: one number and the length of one text.
import Type from 'typebox';
import { defineJob } from '../../schemas/define-job.ts';
import { answered, asked } from '../asked-and-answered.ts';

export default defineJob({
  type: 'echo',
  description: 'Returns the number and the length of the text.',
  example: { n: 1, text: 'hello' },
  payload: Type.Object(asked, { additionalProperties: false }),
  result: Type.Object(answered, { additionalProperties: false }),
  handler: ({ n, text }) => ({ n, length: text.length }),
});
