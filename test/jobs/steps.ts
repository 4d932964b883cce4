// test.steps and test.steps-thread: tell their progress step by step, each so many milliseconds after the one before, up to the step
// after which they say nothing more.
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, type JobContext, Type } from '../../schemas/for-jobs.ts';

const payload = Type.Object(
  { steps: Type.Integer(), ms: Type.Integer(), silentFrom: Type.Integer() },
  { additionalProperties: false },
);
type Payload = { steps: number; ms: number; silentFrom: number };

async function handler({ steps, ms, silentFrom }: Payload, { attempt, progress, signal }: JobContext) {
  for (let step = 1; step <= steps; step++) {
    await sleep(ms, undefined, { signal });
    if (step < silentFrom || attempt > 1)
      progress({ current: step, total: steps, message: `step ${step}`, data: { attempt } });
  }
  return { steps };
}

const job = {
  payload,
  result: Type.Object({ steps: Type.Integer() }),
  heartbeat: 2_000,
  retry: { attempts: 2, backoffMs: 10 },
  handler,
};
export default [
  defineJob({ ...job, type: 'test.steps' }),
  defineJob({ ...job, type: 'test.steps-thread', run: 'thread' }),
];
