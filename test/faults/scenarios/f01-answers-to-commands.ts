// F1: the api's appends reach the broker, and their answers do not. One batch must not be stored twice, what was acknowledged
// must be there, and a call that its client sends again, while nobody can know of the first one, must run once.

import { apiKeys } from '../kafka-frames.ts';
import { between } from '../random.ts';
import type { Scenario } from '../scenario.ts';

export const answersToCommandsLost: Scenario = {
  id: 'F1',
  name: 'answers to commands are lost',
  holds: [1, 2, 4],
  inCi: true,
  async run({ system, load, random, note, healed }) {
    const match = { apiKey: apiKeys.produce, client: /^putlog-api-/ };
    load.begin({ perSecond: 400, connections: 64 });
    await load.acknowledged(between(random, 200, 400));

    const single = between(random, 4, 8);
    for (let i = 0; i < single; i++) {
      await system.proxy.kafka.dropAnswers({ ...match, count: 1, broken: true });
      await load.acknowledged(load.journal.counts.acked + between(random, 20, 80));
    }
    note(`${single} answers lost one by one`);

    // Nobody reads the log into the read model, so that it cannot tell a second command from a first one.
    system.projector.stop();
    // The connection stays, nobody answers: the api waits for its own timeout and its clients are told 503.
    await system.proxy.kafka.dropAnswers({ ...match, count: 1 });
    note('one answer never came');
    await load.acknowledged(load.journal.counts.acked + 50);

    // Longer than any client waits: every attempt ends without an answer, again and again.
    const row = between(random, 6, 12);
    await system.proxy.kafka.dropAnswers({ ...match, count: row, broken: true });
    note(`${row} answers lost in a row`);
    await load.acknowledged(load.journal.counts.acked + 50);
    system.projector.cont();
    healed();
    await load.acknowledged(load.journal.counts.acked + 300);
    return `${single + row + 1} answers lost, ${load.journal.counts.unknown} PUTs told 503 or nothing`;
  },
};
