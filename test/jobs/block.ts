// test.block: keeps its event loop busy, inline on purpose: what a badly behaved function does to its neighbours.
import { defineJob, Type } from '../../schemas/for-jobs.ts';

export default defineJob({
  type: 'test.block',
  description: 'Blocks the event loop for so many milliseconds.',
  payload: Type.Object({ ms: Type.Integer({ minimum: 0, maximum: 60_000 }) }, { additionalProperties: false }),
  result: Type.Object({ blocked: Type.Integer() }, { additionalProperties: false }),
  handler({ ms }) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return { blocked: ms };
  },
});
