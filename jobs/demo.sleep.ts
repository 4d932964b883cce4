// demo.sleep: does nothing for a while, and stops at once when it is told to.
import { setTimeout as sleep } from 'node:timers/promises';
import Type from 'typebox';
import { defineJob } from '../schemas/define-job.ts';

const ms = Type.Integer({ minimum: 0, maximum: 3_600_000 });

export default defineJob({
  type: 'demo.sleep',
  description: 'Waits for so many milliseconds, at most an hour.',
  example: { ms: 1_000 },
  payload: Type.Object({ ms }, { additionalProperties: false }),
  result: Type.Object({ slept: ms }, { additionalProperties: false }),
  timeout: 3_660_000,
  handler: ({ ms: wanted }, { signal }) => sleep(wanted, { slept: wanted }, { signal }),
});
