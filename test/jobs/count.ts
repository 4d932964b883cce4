// test.count: leaves one line in a file each time it runs, so that a test can prove how often it ran.
import { appendFile } from 'node:fs/promises';
import { defineJob, Type } from '../../schemas/for-jobs.ts';

export default defineJob({
  type: 'test.count',
  description: 'Appends the id of the job to a file, one line a run.',
  payload: Type.Object({ file: Type.String() }, { additionalProperties: true }),
  result: Type.Object({ id: Type.String() }, { additionalProperties: false }),
  async handler({ file }, { id }) {
    await appendFile(file, `${id}\n`);
    return { id };
  },
});
