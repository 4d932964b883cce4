// F8, with three brokers: each is restarted in good order, then the controller is killed, then the one that leads most, always
// one at a time. Calls go on being accepted and run all the while: two of three are enough.
import type { BrokerName } from '../../../embedded/part.ts';
import { longestSilence, turnedAway } from '../acknowledged.ts';
import { clusterOf } from '../brokers.ts';
import { lasting, more } from '../moments.ts';
import { between, pick } from '../random.ts';
import { type FaultContext, must, type Scenario } from '../scenario.ts';

/** Milliseconds. Kafka needs its session (4 s) to see that a broker is dead; clients then ask for the new leaders. */
const longestOutage = 20_000;

async function restart(context: FaultContext, name: BrokerName, signal: 'SIGTERM' | 'SIGKILL') {
  const { stack: faultStack, load, random, note } = context;
  const { stack } = faultStack;
  const { journal } = load;
  const before = { ...turnedAway(journal), acked: journal.counts.acked };
  const silence = longestSilence(journal);
  await stack.stopPart(name, signal);
  await lasting(between(random, 0, 6_000));
  await stack.startPart(name);
  await clusterOf(faultStack).inSync();
  await more(load, 50);
  const ms = Math.round(silence());
  const { refused, unknown } = turnedAway(journal);
  const seen = { ms, refused: refused - before.refused, unknown: unknown - before.unknown };
  note(`${name} ${signal}: ${journal.counts.acked - before.acked} acknowledged, ${JSON.stringify(seen)}`);
  must(ms < longestOutage, `nothing was acknowledged for ${ms} ms while ${name} was away`);
  return seen;
}

export const rollingRestart: Scenario = {
  id: 'F8b',
  name: 'three brokers are restarted one after the other, two of them by kill -9',
  holds: [1, 2, 3, 8],
  inCi: false,
  brokers: 3,
  system: { workers: 2 },
  async run(context) {
    const { stack, load, random, note, healed } = context;
    const brokers = clusterOf(stack);
    load.begin({ perSecond: 150 });
    await more(load, 200);
    const left = [...stack.brokers];
    const orderly = [];
    while (left.length > 0) {
      const name = pick(random, left);
      left.splice(left.indexOf(name), 1);
      orderly.push(await restart(context, name, 'SIGTERM'));
    }
    const controller = await brokers.controller();
    note(`the controller is ${controller}`);
    const killed = [await restart(context, controller, 'SIGKILL')];
    const leaders = Map.groupBy(await brokers.leads(), ({ leader }) => leader);
    const [most] = [...leaders].sort(([, a], [, b]) => b.length - a.length)[0] ?? [1];
    note(`${brokers.nameOf(most)} leads ${leaders.get(most)?.length} partitions`);
    killed.push(await restart(context, brokers.nameOf(most), 'SIGKILL'));
    healed();
    await more(load, 100);
    const told = (of: readonly { ms: number; refused: number; unknown: number }[]) => {
      const refused = of.reduce((sum, one) => sum + one.refused, 0);
      const unknown = of.reduce((sum, one) => sum + one.unknown, 0);
      const longest = Math.max(...of.map(({ ms }) => ms));
      return `${refused} refused, ${unknown} unknown, ${(longest / 1_000).toFixed(1)} s without a 202`;
    };
    return `3 SIGTERM: ${told(orderly)} at most; controller and largest leader killed: ${told(killed)} at most`;
  },
};
