// test.nap and test.late: write down when they begin and end, so that a test can prove how often they ran, and whether to
// the end. test.late has a timeout that it always passes, heeding the signal or not.
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, Type } from '../../../schemas/for-jobs.ts';

const result = Type.Object({ id: Type.String() }, { additionalProperties: false });

const nap = defineJob({
  type: 'test.nap',
  description: 'Sleeps for so many milliseconds between two lines in a file.',
  payload: Type.Object({ ms: Type.Integer(), file: Type.String() }, { additionalProperties: false }),
  result,
  async handler({ ms, file }, { id, signal }) {
    await appendFile(file, `${id} begins\n`);
    await sleep(ms, undefined, { signal });
    await appendFile(file, `${id} ends\n`);
    return { id };
  },
});

const late = defineJob({
  type: 'test.late',
  description: 'Sleeps for a minute, though it may take 300 ms only.',
  payload: Type.Object({ heeds: Type.Boolean() }, { additionalProperties: false }),
  result,
  timeout: 300,
  handler: ({ heeds }, { id, signal }) => sleep(60_000, { id }, heeds ? { signal } : { ref: false }),
});

export default [nap, late];
