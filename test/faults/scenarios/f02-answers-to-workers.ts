// F2: what a worker asks of Kafka is done, and it never hears so: its appends, its offsets, its identity. An outcome that
// is sent again must not be stored twice, and a takeover that is begun again must not skip or repeat anything.
import { apiKeys } from '../kafka-frames.ts';
import { lasting, more, onlyClient, workersBut } from '../moments.ts';
import { between } from '../random.ts';
import { must, type Scenario } from '../scenario.ts';

/** Milliseconds in which no append is answered. */
const silence = 10_000;

export const answersToWorkersLost: Scenario = {
  id: 'F2',
  name: 'answers to a worker are lost',
  holds: [1, 2, 3, 8],
  inCi: true,
  system: { workers: 1 },
  async run({ system, load, random, note, healed }) {
    const { kafka } = system.proxy;
    const [worker] = system.workers;
    must(worker !== undefined, 'there is no worker');
    const client = onlyClient(worker);
    load.begin({ perSecond: 200 });
    await more(load, between(random, 100, 200));

    const single = between(random, 5, 10);
    for (let i = 0; i < single; i++) {
      await kafka.dropAnswers({ apiKey: apiKeys.produce, client, count: 1, broken: true });
      await more(load, between(random, 10, 60));
    }
    note(`${single} answers to appends lost one by one`);

    // Longer than this nobody can drop: the rest is let through by `heal`.
    const rest = kafka.dropAnswers({ apiKey: apiKeys.produce, client, count: 100_000, broken: true });
    await lasting(silence);
    await kafka.heal();
    await rest;
    note(`no append was answered for ${silence} ms`);
    await more(load, 50);

    await kafka.dropAnswers({ apiKey: apiKeys.offsetCommit, client, count: between(random, 1, 3), broken: true });
    note('answers to commits lost');
    await more(load, 50);

    const identities = between(random, 1, 3);
    const lost = kafka.dropAnswers({
      ...{ apiKey: apiKeys.initProducerId, client: workersBut(worker) },
      ...{ count: identities, broken: true },
    });
    await worker.kill();
    await worker.restart();
    await lost;
    note(`${identities} answers to the identity of a new owner lost`);
    healed();
    await more(load, 100);
    return `answers lost to ${single} appends, all appends of ${silence / 1_000} s, commits, ${identities} identities`;
  },
};
