// test.add: takes a number and gives the next one, which its own schema takes: what a chain is made of. test.gather takes what the
// job behind a group is given.
import { defineJob, Type } from '../../schemas/for-jobs.ts';

const payload = Type.Object({ n: Type.Integer() }, { additionalProperties: false });
const add = defineJob({ type: 'test.add', payload, result: payload, handler: ({ n }) => ({ n: n + 1 }) });

const member = Type.Object(
  {
    type: Type.String(),
    id: Type.String(),
    state: Type.Enum(['succeeded', 'failed', 'cancelled']),
    result: Type.Optional(Type.Unknown()),
    error: Type.Optional(Type.Object({ code: Type.String(), detail: Type.String() }, { additionalProperties: true })),
  },
  { additionalProperties: false },
);
const gather = defineJob({
  type: 'test.gather',
  payload: Type.Object({ group: Type.String(), jobs: Type.Array(member) }, { additionalProperties: false }),
  result: Type.Object({ succeeded: Type.Integer(), failed: Type.Integer(), results: Type.Array(Type.Unknown()) }),
  handler: ({ jobs }) => ({
    succeeded: jobs.filter(({ state }) => state === 'succeeded').length,
    failed: jobs.filter(({ state }) => state === 'failed').length,
    results: jobs.flatMap(({ result }) => (result === undefined ? [] : [result])),
  }),
});

export default [add, gather];
