// F3: kill -9 of a worker at each point where what it knows and what the log knows differ, with a neighbour that takes
// over. What it had begun is run again where it has no outcome, and never where it has one.

import { soon } from '../../stack/deadline.ts';
import { apiKeys } from '../kafka-frames.ts';
import type { Verdict } from '../kafka-proxy.ts';
import { begun, more, onlyClient, workersBut } from '../moments.ts';
import type { ProcessHandle } from '../process-handle.ts';
import { between } from '../random.ts';
import { type FaultContext, must, type Scenario } from '../scenario.ts';

type Kill = (context: FaultContext, victim: ProcessHandle) => Promise<unknown>;

/** While functions run: claimed, and nothing of it in the log. */
const afterTheClaim: Kill = async ({ system, load, random }, victim) => {
  const round = between(random, 0, 999_999);
  const names = Array.from({ length: 12 }, (_, i) => `killed-${round}-${i}`);
  const puts = Promise.all(names.map((id) => load.put({ type: 'fault.nap', id, payload: { ms: 1_500 } })));
  await begun(system, (job) => job.includes(`/killed-${round}-`), victim.pid);
  await victim.kill();
  await puts;
};

/** At an append: when it is asked for, or when it is answered; what becomes of the message once the worker is dead. */
const atAnAppend =
  (at: 'request' | 'answer', then: Verdict): Kill =>
  ({ system }, victim) => {
    const append = { apiKey: apiKeys.produce, client: onlyClient(victim), at };
    return system.proxy.kafka.intercept(append, async () => {
      await victim.kill();
      return then;
    });
  };

/** A worker that has just come and is about to own something. */
const duringTakeover =
  (apiKey: number): Kill =>
  async ({ system }, victim) => {
    await victim.kill();
    const others = workersBut(...system.workers);
    const killed = system.proxy.kafka.intercept({ apiKey, client: others, at: 'answer' }, async () => {
      await victim.kill();
      return 'drop';
    });
    // It never gets ready: that is the point.
    const [started] = await Promise.all([Promise.allSettled([victim.restart()]), killed]);
    must(started[0]?.status === 'rejected', 'the worker that was to die in its takeover got ready');
  };

const points: readonly (readonly [string, Kill])[] = [
  ['after the claim', afterTheClaim],
  ['after the function', atAnAppend('request', 'drop')],
  ['in the middle of the append', atAnAppend('request', 'cut')],
  ['after the append', atAnAppend('answer', 'drop')],
  ['in a takeover, before the fence', duringTakeover(apiKeys.initProducerId)],
  ['in a takeover, after the fence', duringTakeover(apiKeys.produce)],
];

export const workerKilled: Scenario = {
  id: 'F3',
  name: 'a worker is killed at each point',
  holds: [1, 2, 3, 7, 8],
  inCi: true,
  system: { workers: 2 },
  async run(context) {
    const { system, load, random, note, healed } = context;
    const [first, second] = system.workers;
    must(first !== undefined && second !== undefined, 'there are no two workers');
    load.begin({ perSecond: 150 });
    await more(load, 100);
    for (const [name, kill] of points) {
      const victim = random() < 0.5 ? first : second;
      await soon(`a kill ${name}`, kill(context, victim));
      note(`${victim.name} killed ${name}`);
      must(!victim.alive, `the worker lives on ${name}`);
      await victim.restart();
      note(`${victim.name} is back`);
      await more(load, between(random, 30, 120));
    }
    healed();
    await more(load, 50);
    return `${points.length} kills: ${points.map(([name]) => name).join('; ')}`;
  },
};
