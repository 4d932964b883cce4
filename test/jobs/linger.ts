// test.linger and test.linger-thread: run for so long, or until their signal is aborted, if they are told to heed it. They leave a
// line in a file when they begin, and one when the signal reaches them.
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, type JobContext, Type } from '../../schemas/for-jobs.ts';

const payload = Type.Object(
  {
    file: Type.String(),
    ms: Type.Integer({ minimum: 0 }),
    heeds: Type.Boolean(),
    spins: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
type Payload = { file: string; ms: number; heeds: boolean; spins?: boolean };

async function handler({ file, ms, heeds, spins }: Payload, { id, signal }: JobContext) {
  await appendFile(file, `${id} begins\n`);
  for (const end = performance.now() + ms; spins && performance.now() < end; );
  signal.addEventListener('abort', () => void appendFile(file, `${id} aborted ${Date.now()}\n`), { once: true });
  await sleep(ms, undefined, heeds ? { signal } : {});
  return null;
}

const job = { payload, result: Type.Null(), timeout: 120_000, handler };
export default [
  defineJob({ ...job, type: 'test.linger' }),
  defineJob({ ...job, type: 'test.linger-thread', run: 'thread' }),
];
