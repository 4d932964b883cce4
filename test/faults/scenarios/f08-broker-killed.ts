// F8, with one broker: kill -9 of Kafka under load, twice, once for long enough that every client has given up waiting. No PUT
// is acknowledged while nothing can keep it.
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import { must, type Scenario } from '../scenario.ts';

export const brokerKilled: Scenario = {
  id: 'F8',
  name: 'the only broker is killed and comes back',
  holds: [1, 2, 3, 8],
  inCi: false,
  system: { workers: 2 },
  async run({ stack: { stack }, load, random, note, healed }) {
    load.begin({ perSecond: 200 });
    await more(load, 200);
    for (const ms of [between(random, 0, 1_500), between(random, 15_000, 20_000)]) {
      await stack.stopPart('kafka', 'SIGKILL');
      // Answers that were on their way.
      await lasting(500);
      const { accepted } = load.journal.counts;
      await lasting(ms);
      const others = load.journal.counts.accepted - accepted;
      must(others === 0, `${others} jobs were acknowledged while there was no broker`);
      await stack.startPart('kafka');
      note(`Kafka was dead for ${ms} ms and more`);
      healed();
      await more(load, between(random, 100, 300));
    }
    return 'killed twice; nothing acknowledged meanwhile';
  },
};
