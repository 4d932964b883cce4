// demo.echo: the shortest job there is, for trying out and for measuring.
import Type from 'typebox';
import { defineJob } from '../schemas/define-job.ts';

export default defineJob({
  type: 'demo.echo',
  description: 'Returns the number and the length of the text, in UTF-16 code units.',
  example: { n: 1, text: 'hello' },
  payload: Type.Object({ n: Type.Integer(), text: Type.String() }, { additionalProperties: false }),
  result: Type.Object({ n: Type.Integer(), length: Type.Integer({ minimum: 0 }) }, { additionalProperties: false }),
  handler: ({ n, text }) => ({ n, length: text.length }),
});
