// F14: calls that fail and are tried again, calls that are due later, and dead letters that are sent again, while workers join and
// leave: timers change hands, attempts are lost, and whatever is fired or sent twice must run once.
import type { EventKind } from '../../../schemas/event.ts';
import { comeAndGo } from '../coming-and-going.ts';
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import { type FaultContext, must, type Scenario } from '../scenario.ts';

/** More than the attempts of the type (test/faults/jobs/flaky.ts), and those that come on top where the last one is lost with its worker. */
const always = 100;
const perSecond = 40;

export const retried: Scenario = {
  id: 'F14',
  name: 'calls fail and are tried again, are due later, or are dead and sent again, while workers join and leave',
  holds: [1, 2, 4, 9],
  inCi: false,
  system: { workers: 2 },
  async run(context) {
    const { load, healed } = context;
    load.begin({ perSecond: 100 });
    await more(load, 100);
    const put = putFlaky(context);
    const redriving = redriveAll(context);
    const seen = await comeAndGo(context, 60_000);
    const [calls, redriven] = await Promise.all([put.end(), redriving.end()]);
    healed();
    await more(load, 100);
    const { events } = await context.readLog();
    const kinds = Map.groupBy(events, ({ event }) => event.kind);
    const count = (kind: EventKind) => kinds.get(kind)?.length ?? 0;
    const again = new Set(events.filter(({ event }) => event.generation > 0).map(({ event }) => event.id)).size;
    must(again > 20, `${redriven} dead letters were sent again, and of ${again} jobs there is a later generation`);
    must(count('retrying') > 50 && count('scheduled') > 50, 'too few calls were put off');
    return `${seen}; ${calls} calls: ${count('scheduled')} put off by their client, ${count('retrying')} for another attempt, ${redriven} dead ones sent again`;
  },
};

/** A call every 25 ms, answered or not, until `end`, which resolves to how many there were. */
function putFlaky({ load, random }: FaultContext) {
  let ended = false;
  async function put(): Promise<number> {
    const answers: Promise<unknown>[] = [];
    for (let n = 0; ; n++, await lasting(1_000 / perSecond)) {
      if (ended) return Promise.all(answers).then(() => n);
      const expects = random() < 0.2 ? (['dead'] as const) : (['succeeded', 'dead'] as const);
      const payload = { failures: expects.length === 1 ? always : between(random, 0, 4) };
      const later = random() < 0.3 ? { delay: between(random, 100, 5_000) / 1_000 } : {};
      answers.push(load.put({ type: 'fault.flaky', id: `flaky-${n}`, payload, expects, ...later }));
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

/** Once a second, and each twice, as two operators would who do not know of each other; resolves to how many were sent. */
function redriveAll({ system, note }: FaultContext) {
  const ended = new AbortController();
  const url = `${system.http}/dead-letters/redrive?type=fault.flaky&limit=50&perSecond=200`;
  async function once(): Promise<number> {
    const answer = await fetch(url, { method: 'POST' });
    const text = await answer.text();
    if (!answer.ok) note(`a redrive was answered ${answer.status}`);
    return answer.ok ? text.split('\n').filter((line) => line.includes('"outcome":"redriven"')).length : 0;
  }
  async function redrive(): Promise<number> {
    let sent = 0;
    for (; !ended.signal.aborted; await lasting(1_000))
      sent += (await Promise.all([once(), once()])).reduce((sum, count) => sum + count);
    return sent;
  }
  const redriving = redrive();
  return {
    end(): Promise<number> {
      ended.abort();
      return redriving;
    },
  };
}
