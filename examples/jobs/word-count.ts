// Your own function: put a file like this into a folder and name the folder with PUTLOG_JOBS.
import { defineJob, Type } from 'putlog';

export default defineJob({
  type: 'word.count',
  description: 'Counts the words of a text.',
  payload: Type.Object({ text: Type.String() }),
  result: Type.Object({ words: Type.Integer() }),
  handler: ({ text }) => ({ words: text.split(/\s+/).filter(Boolean).length }),
});
