// F4: a worker that was stopped, or cut off with an append under way, comes back when another one owns its partitions. It
// must find itself fenced out, and nothing that it still says may get in: neither when the new owner has recorded outcomes,
// nor between what the new owner has read and its first append.

import { cutOffInAppend } from '../cut-off.ts';
import { apiKeys } from '../kafka-frames.ts';
import { fencedOut, logged, more, onlyClient, workersBut } from '../moments.ts';
import type { ProcessHandle } from '../process-handle.ts';
import { type FaultContext, must, type Scenario } from '../scenario.ts';

/** Stopped by a signal for longer than the session. Resolves to who took over. */
async function stopped({ system, load, note }: FaultContext, owner: ProcessHandle): Promise<ProcessHandle> {
  const before = owner.logs().length;
  owner.stop();
  const successor = await system.startWorker();
  await more(load, 100);
  owner.cont();
  const line = await logged(owner, fencedOut, before, 30_000);
  note(`stopped and continued, it said: ${line}`);
  return successor;
}

const fencedOutOrJoined = new RegExp(`${fencedOut.source}|joined the group`);

/** Cut off with an append that is under way; `late` says when that append reaches the broker after all. */
async function cutOff(
  { system, load, note }: FaultContext,
  owner: ProcessHandle,
  late: 'when its successor has recorded outcomes' | 'right before the first append of its successor',
): Promise<ProcessHandle> {
  const { kafka } = system.proxy;
  const client = onlyClient(owner);
  const before = owner.logs().length;
  const { deliver, delivered } = await cutOffInAppend(system, owner);
  let successor: ProcessHandle;
  switch (late) {
    case 'when its successor has recorded outcomes':
      successor = await system.startWorker();
      await more(load, 100);
      deliver();
      break;
    case 'right before the first append of its successor': {
      const others = workersBut(...system.workers);
      const first = kafka.intercept({ apiKey: apiKeys.produce, client: others, at: 'request' }, async () => {
        const answered = kafka.intercept({ apiKey: apiKeys.produce, client, at: 'answer' }, async () => 'pass');
        deliver();
        await Promise.all([delivered, answered]);
        return 'pass';
      });
      successor = await system.startWorker();
      await first;
      break;
    }
    default:
      return late satisfies never;
  }
  await delivered;
  note(`an append under way was delivered ${late}`);
  // What got in before the fence was still its own: then it may hear of its loss from the group before it appends again.
  const aware = late === 'when its successor has recorded outcomes' ? fencedOut : fencedOutOrJoined;
  const line = await logged(owner, aware, before, 30_000);
  note(`cut off and back, it said: ${line}`);
  await more(load, 50);
  return successor;
}

export const zombies: Scenario = {
  id: 'F4',
  name: 'a worker comes back from the dead',
  holds: [2, 3, 9],
  inCi: true,
  system: { workers: 1 },
  async run(context) {
    const { system, load, healed } = context;
    const [first] = system.workers;
    must(first !== undefined, 'there is no worker');
    load.begin({ perSecond: 100 });
    await more(load, 100);
    const second = await stopped(context, first);
    await first.kill();
    await logged(second, /partition taken over/);
    const third = await cutOff(context, second, 'when its successor has recorded outcomes');
    await second.kill();
    await cutOff(context, third, 'right before the first append of its successor');
    healed();
    await more(load, 100);
    return 'seen fenced out: stopped, cut off and late, cut off and just before the fence';
  },
};
