// F14: calls that fail and are tried again, and calls that are due later, while workers join and leave: timers change hands,
// attempts are lost, and whatever is fired twice must run once.
import type { EventKind } from '../../../schemas/event.ts';
import { comeAndGo } from '../coming-and-going.ts';
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import { type FaultContext, must, type Scenario } from '../scenario.ts';

/** Attempts of the type (test/faults/jobs/flaky.ts); one that was lost with its worker counts as well. */
const attempts = 8;
const perSecond = 40;

export const retried: Scenario = {
  id: 'F14',
  name: 'calls fail and are tried again, or are due later, while workers join and leave',
  holds: [1, 2, 4, 9],
  inCi: false,
  system: { workers: 2 },
  async run(context) {
    const { load, healed } = context;
    load.begin({ perSecond: 100 });
    await more(load, 100);
    const put = putFlaky(context);
    const seen = await comeAndGo(context, 60_000);
    const calls = await put.end();
    healed();
    await more(load, 100);
    const { events } = await context.readLog();
    const kinds = Map.groupBy(events, ({ event }) => event.kind);
    const count = (kind: EventKind) => kinds.get(kind)?.length ?? 0;
    must(count('retrying') > 50 && count('scheduled') > 50, 'too few calls were put off');
    return `${seen}; ${calls} calls: ${count('scheduled')} put off by their client, ${count('retrying')} for another attempt`;
  },
};

/** A call every 25 ms until `end`, which resolves to how many there were. */
function putFlaky({ load, random }: FaultContext) {
  let ended = false;
  async function put(): Promise<number> {
    for (let n = 0; ; n++, await lasting(1_000 / perSecond)) {
      if (ended) return n;
      const expects = random() < 0.1 ? (['dead'] as const) : (['succeeded', 'dead'] as const);
      const payload = { failures: expects.length === 1 ? attempts : between(random, 0, 4) };
      const later = random() < 0.3 ? { delay: between(random, 100, 5_000) / 1_000 } : {};
      await load.put({ type: 'fault.flaky', id: `flaky-${n}`, payload, expects, ...later });
    }
  }
  const putting = put();
  return {
    end(): Promise<number> {
      ended = true;
      return putting;
    },
  };
}
