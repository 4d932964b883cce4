// The calls of the load generator: fault.ordered succeeds after a moment, fault.throws and fault.broken always fail, each
// with a line in the executions file when it begins and when it ends.
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, type JobContext, Type } from '../../../schemas/for-jobs.ts';
import { writeDown } from '../executions.ts';

const numbered = Type.Object({ key: Type.String(), n: Type.Integer() }, { additionalProperties: false });

type Numbered = { key: string; n: number };

async function run({ key, n }: Numbered, { idempotencyKey, attempt }: JobContext, work: () => Promise<unknown>) {
  const part = { job: idempotencyKey, attempt, key, number: n };
  writeDown('begin', part);
  try {
    await work();
    return { key, n };
  } finally {
    writeDown('end', part);
  }
}

/** Long enough for calls to overtake each other wherever nothing keeps them in order. */
const moment = () => sleep(Math.random() * 5);

const ordered = defineJob({
  type: 'fault.ordered',
  description: 'Waits for 0 to 5 ms and returns its number.',
  payload: numbered,
  result: numbered,
  handler: (payload, context) => run(payload, context, moment),
});

const throws = defineJob({
  type: 'fault.throws',
  description: 'Fails with an error of its own.',
  payload: numbered,
  result: numbered,
  handler: (payload, context) =>
    run(payload, context, async () => {
      await moment();
      throw new Error(`number ${payload.n} fails on purpose`);
    }),
});

const broken = defineJob({
  type: 'fault.broken',
  description: 'Fails with a TypeError, as a function with a mistake in it does.',
  payload: numbered,
  result: numbered,
  handler: (payload, context) =>
    run(payload, context, async () => {
      const missing: { name: string } | undefined = JSON.parse('{}').missing;
      return (missing as { name: string }).name;
    }),
});

export default [ordered, throws, broken];
