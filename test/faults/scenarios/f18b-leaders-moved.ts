// F18, with three brokers: leaders move while appends are under way: asked for and not stored, stored and not answered, asked of
// a leader that freezes or dies. Whoever leads next must take the same batch once. Last, the leaders of the commands move
// alone, and a worker that has nothing to append to them must take them over.
import { topicNames } from '../../../schemas/topics.ts';
import { soon, until } from '../../stack/deadline.ts';
import { silent } from '../../stack/log.ts';
import { clusterOf, type Led } from '../brokers.ts';
import { apiKeys } from '../kafka-frames.ts';
import type { Verdict } from '../kafka-proxy.ts';
import { more } from '../moments.ts';
import type { ProcessHandle } from '../process-handle.ts';
import { between, pick } from '../random.ts';
import { type FaultContext, must, type Scenario } from '../scenario.ts';
import type { Direction } from '../tcp-proxy.ts';

/** What happens to the leader that was asked, and what becomes of the message afterwards. */
type Move = { name: string; at: Direction; outcome: Verdict; how: 'elect' | 'freeze' | 'kill' };

const moves: readonly Move[] = [
  { name: 'moved before it was stored', at: 'request', outcome: 'pass', how: 'elect' },
  { name: 'moved, the answer came', at: 'answer', outcome: 'pass', how: 'elect' },
  { name: 'moved, the answer was lost', at: 'answer', outcome: 'lose', how: 'elect' },
  { name: 'frozen while it was asked', at: 'request', outcome: 'pass', how: 'freeze' },
  { name: 'frozen, the answer was lost', at: 'answer', outcome: 'lose', how: 'freeze' },
  { name: 'killed while it was asked', at: 'request', outcome: 'cut', how: 'kill' },
  { name: 'killed, the answer was lost', at: 'answer', outcome: 'drop', how: 'kill' },
];

export const leadersMoved: Scenario = {
  id: 'F18b',
  name: 'leaders move in the middle of appends',
  holds: [1, 2, 9],
  inCi: false,
  brokers: 3,
  system: { workers: 2 },
  async run(context) {
    const { system, stack, load, random, note, healed } = context;
    const { commands, events } = topicNames(system.prefix);
    const writers = [
      { client: /^putlog-api-/, topic: commands('default') },
      { client: /^putlog-worker-/, topic: events },
    ];
    load.begin({ perSecond: 150 });
    await more(load, 200);
    let moved = 0;
    for (let round = 0; round < 3; round++)
      for (const move of moves.filter(({ how }) => how === 'elect' || round === 0))
        for (const writer of writers) {
          let count = 0;
          for (let tries = 0; count === 0 && tries < 20; tries++) count = await inTheMiddle(context, move, writer);
          note(`${writer.topic}: ${count} partitions ${move.name}`);
          must(count > 0, `no leader was ${move.name}`);
          moved += count;
          await more(load, between(random, 10, 80));
        }
    const [alone, taken] = await beforeATakeover(context, commands('default'));
    note(
      `${alone} leaders of commands moved, and the owner of ${taken.length} partitions was killed: its neighbour took over`,
    );
    await Promise.all(system.workers.filter(({ alive }) => !alive).map((worker) => worker.restart()));
    await clusterOf(stack).inSync();
    healed();
    await more(load, 100);
    return `${moved} partitions changed their leader with an append under way, ${alone} before a takeover`;
  },
};

/** Moves all leaders of the commands, to which no worker appends, then kills an owner. Resolves to what its neighbour took over. */
async function beforeATakeover(context: FaultContext, topic: string): Promise<[moved: number, taken: number[]]> {
  const { stack, system } = context;
  const [first, second] = system.workers;
  must(first !== undefined && second !== undefined, 'there are no two workers');
  await clusterOf(stack).inSync();
  const moved = await moveAway(context, topic, await leaders(context, topic));
  const owners = new Map(
    [...takenOver(first, topic), ...takenOver(second, topic)]
      .sort((a, b) => a.at - b.at)
      .map((one) => [one.partition, one.by]),
  );
  const ownedBy = (worker: ProcessHandle) =>
    [...owners].flatMap(([partition, by]) => (by === worker ? [partition] : []));
  const [owner, neighbour] = ownedBy(first).length > 0 ? [first, second] : [second, first];
  const due = ownedBy(owner);
  const killedAt = Date.now();
  await owner.kill();
  await until(`${neighbour.name} takes ${due.join(', ')} of ${topic} over`, async () => {
    const since = takenOver(neighbour, topic).filter(({ at }) => at >= killedAt);
    return due.every((partition) => since.some((one) => one.partition === partition)) || undefined;
  });
  return [moved, due];
}

type TakenOver = { at: number; partition: number; by: ProcessHandle };

/** What a worker says of its takeovers. */
const takenOver = (by: ProcessHandle, topic: string): TakenOver[] =>
  by
    .logs()
    .split('\n')
    .filter((line) => line.includes('partition taken over') && line.includes(`"topic":"${topic}"`))
    .map((line) => JSON.parse(line) as { time: string; partition: number })
    .map(({ time, partition }) => ({ at: Date.parse(time), partition, by }));

const leaders = ({ stack }: FaultContext, topic: string): Promise<Led[]> => clusterOf(stack).leads([topic]);

/** Gives each of these partitions another leader. Resolves to how many have one. */
async function moveAway({ stack, random }: FaultContext, topic: string, partitions: readonly Led[]): Promise<number> {
  const chosen = Map.groupBy(partitions, ({ leader, isr }) =>
    pick(
      random,
      isr.filter((node) => node !== leader),
    ),
  );
  let moved = 0;
  for (const [node, group] of chosen)
    moved += await clusterOf(stack).lead(
      node,
      topic,
      group.map(({ partition }) => partition),
    );
  return moved;
}

/** Resolves to how many partitions of the topic that the asked broker led are led by another one. */
async function inTheMiddle(context: FaultContext, move: Move, { client, topic }: { client: RegExp; topic: string }) {
  const { system, stack: faultStack } = context;
  const brokers = clusterOf(faultStack);
  await brokers.inSync();
  const done = Promise.withResolvers<number>();
  let after: () => Promise<void> = async () => undefined;
  const held = system.proxy.kafka.intercept({ apiKey: apiKeys.produce, client, at: move.at }, async (_, node) => {
    const led = (await leaders(context, topic)).filter(({ leader }) => leader === node);
    const name = brokers.nameOf(node);
    if (led.length === 0) {
      // Who asks has not learned of the last move yet.
      done.resolve(0);
      return 'pass';
    }
    const left = async () =>
      (await leaders(context, topic)).filter(
        ({ partition, leader }) => leader !== node && leader > 0 && led.some((one) => one.partition === partition),
      ).length;
    const electedAnew = () =>
      until(
        `other leaders of ${topic}`,
        async () => {
          // A broker that has just gone may be the one that was asked.
          const count = await left().catch((error: unknown) => silent.debug({ err: error }, 'not yet'));
          return count === led.length ? count : undefined;
        },
        30_000,
      );
    switch (move.how) {
      case 'elect':
        done.resolve(await moveAway(context, topic, led));
        break;
      case 'freeze':
        faultStack.signal(name, 'SIGSTOP');
        after = async () => faultStack.signal(name, 'SIGCONT');
        electedAnew().then(done.resolve, done.reject);
        break;
      case 'kill':
        await faultStack.stack.stopPart(name, 'SIGKILL');
        after = () => faultStack.stack.startPart(name);
        electedAnew().then(done.resolve, done.reject);
        break;
      default:
        move.how satisfies never;
    }
    return move.outcome;
  });
  try {
    await soon(`an append to ${topic}`, held);
    return await soon(`other leaders of ${topic}`, done.promise);
  } finally {
    await after();
  }
}
