// Every kind of fault that the harness can make, each as a function that makes it for a while and resolves when it is over;
// `end` makes whole what is left. The scenario of random faults draws from them.

import { soon } from '../stack/deadline.ts';
import { openDirectLog } from './direct-log.ts';
import { apiKeys } from './kafka-frames.ts';
import { lasting } from './moments.ts';
import type { ProcessHandle } from './process-handle.ts';
import { between, pick } from './random.ts';
import type { FaultContext } from './scenario.ts';

export type Kind = readonly [name: string, make: () => Promise<void>];

const mostWorkers = 5;
/** Milliseconds. An answer to lose may not come for long: what has not happened by then is let go. */
const patienceMs = 20_000;

export async function openTrouble({ system, stack, load, random, terminate }: FaultContext) {
  const direct = await openDirectLog(system, load);
  const { kafka, registry } = system.proxy;
  const ms = (least: number, most: number) => lasting(between(random, least, most));
  const [judged] = system.workers;
  const others = () => system.workers.filter((worker) => worker !== judged && worker.alive);

  async function pause(handle: ProcessHandle, most: number): Promise<void> {
    handle.stop();
    await ms(500, most);
    handle.cont();
  }
  /** The next answers to that request are lost. */
  const lose =
    (apiKey: number, client: RegExp): Kind[1] =>
    async () => {
      const done = kafka.dropAnswers({ apiKey, client, count: between(random, 1, 4), broken: random() < 0.5 });
      await Promise.race([done, lasting(patienceMs)]);
    };
  const killed =
    (part: 'kafka' | 'mongod' | 'registry', most: number): Kind[1] =>
    async () => {
      await stack.stack.stopPart(part, 'SIGKILL');
      await ms(0, most);
      await stack.stack.startPart(part);
    };
  const frozen =
    (part: 'kafka' | 'mongod' | 'registry', most: number): Kind[1] =>
    async () => {
      stack.signal(part, 'SIGSTOP');
      await ms(500, most);
      stack.signal(part, 'SIGCONT');
    };
  async function poisonPartition(): Promise<void> {
    const partition = between(random, 0, 3);
    for (let left = between(random, 1, 10); left > 0; left--)
      await direct.append(partition, Buffer.from('not a command'));
  }

  const any: readonly Kind[] = [
    [
      'a worker is killed',
      async () =>
        void (await Promise.all(
          others()
            .slice(0, 1)
            .map((one) => one.kill()),
        )),
    ],
    ['a worker ends', async () => void (await Promise.all(others().slice(-1).map(terminate)))],
    ['a worker is stopped', () => pause(pick(random, [...others(), ...system.workers.slice(0, 1)]), 12_000)],
    ['a worker joins', async () => void (system.workers.length < mostWorkers && (await system.startWorker()))],
    ['the projector is stopped', () => pause(system.projector, 12_000)],
    ['the api is stopped', () => pause(pick(random, system.api), 3_000)],
    ['answers to commands are lost', lose(apiKeys.produce, /^putlog-api-/)],
    ['answers to outcomes are lost', lose(apiKeys.produce, /^putlog-worker-/)],
    ['answers to commits are lost', lose(apiKeys.offsetCommit, /^putlog-/)],
    ['answers to heartbeats are lost', lose(apiKeys.heartbeat, /^putlog-/)],
    ['Kafka is killed', killed('kafka', 8_000)],
    ['Kafka is frozen', frozen('kafka', 15_000)],
    ['MongoDB is killed', killed('mongod', 8_000)],
    ['MongoDB is frozen', frozen('mongod', 12_000)],
    ['the registry is killed', killed('registry', 5_000)],
    ['the registry is frozen', frozen('registry', 5_000)],
    [
      'the registry answers 500',
      async () => {
        registry.answer(() => ({ status: 500, errorCode: 50_001 }));
        await ms(1_000, 5_000);
      },
    ],
    ['connections to Kafka are reset', async () => kafka.reset()],
    [
      'Kafka is far away',
      async () => {
        kafka.delay(() => between(random, 50, 400));
        await ms(3_000, 12_000);
      },
    ],
    [
      'Kafka is cut off',
      async () => {
        kafka.blackHole(true);
        await ms(1_000, 20_000);
      },
    ],
    ['poison', poisonPartition],
  ];
  const early: readonly Kind[] = [
    ['the api is killed', () => pick(random, system.api).kill()],
    ['the api ends', async () => void (await terminate(pick(random, system.api)))],
    ['the projector is killed', () => system.projector.kill()],
    ['the projector ends', async () => void (await terminate(system.projector))],
    ['the first worker is killed', async () => void (await judged?.kill())],
  ];

  return {
    any,
    /** Of these a process dies that is else spared. */
    early,
    /** Whatever was made is over, and everybody runs. */
    async end(): Promise<void> {
      await Promise.all([kafka.heal(), system.proxy.mongodb.heal(), registry.heal()]);
      registry.answer(() => undefined);
      const dead = [...system.api, system.projector, ...system.workers].filter(({ alive }) => !alive);
      await soon('everybody runs again', Promise.all(dead.map((handle) => handle.restart())), 120_000);
    },
    close: () => direct.close(),
  };
}
