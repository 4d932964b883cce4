// fault.nap holds its slot without work, fault.long for minutes, fault.block holds the event loop of its worker: for faults that need a call that
// is under way. Both write down when they begin and end.
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, type JobContext, Type } from '../../../schemas/for-jobs.ts';
import { writeDown } from '../executions.ts';

const payload = Type.Object({ ms: Type.Integer({ minimum: 0 }) }, { additionalProperties: false });
const result = payload;

const part = ({ idempotencyKey, attempt }: JobContext) => ({ job: idempotencyKey, attempt, key: '', number: null });

const nap = defineJob({
  type: 'fault.nap',
  description: 'Sleeps for so many milliseconds.',
  payload,
  result,
  timeout: 600_000,
  async handler({ ms }, context) {
    writeDown('begin', part(context));
    await sleep(ms, undefined, { signal: context.signal });
    writeDown('end', part(context));
    return { ms };
  },
});

const long = defineJob({
  type: 'fault.long',
  description: 'Waits for so many milliseconds, for longer than any session.',
  payload,
  result,
  timeout: 7_200_000,
  async handler({ ms }, context) {
    writeDown('begin', part(context));
    await sleep(ms, undefined, { signal: context.signal });
    writeDown('end', part(context));
    return { ms };
  },
});

const block = defineJob({
  type: 'fault.block',
  description: 'Blocks the event loop for so many milliseconds.',
  payload,
  result,
  timeout: 600_000,
  handler({ ms }, context) {
    writeDown('begin', part(context));
    for (const end = performance.now() + ms; performance.now() < end; );
    writeDown('end', part(context));
    return { ms };
  },
});

export default [nap, long, block];
